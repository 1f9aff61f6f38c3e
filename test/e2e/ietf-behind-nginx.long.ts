import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TusIetfOptions } from '../../lib/index.js';
import {
  append,
  appendHeaders,
  eventually,
  Http2Client,
  linesOf,
  makeTempFolder,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  sendCreation,
  standingOf,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../support/index.js';
import type { HttpTarget, TestApp } from '../support/index.js';
import { endAfterSpec } from '../support/leftovers.js';

const CONTENT = Buffer.alloc(300_000, 'resumable ');
const FIRST = 100_000;

/** How the app is reached, so that nginx never sees a 104. */
const WAYS: readonly (readonly [way: string, upstream: string, ietf: TusIetfOptions])[] = [
  ['over HTTP/1.1, without 104', '1.1', { informational: false }],
  ['over HTTP/1.0', '1.0', {}],
];

const isInstalled = await promisify(execFile)('nginx', ['-v']).then(
  () => true,
  () => false,
);

/** nginx in front of an app: HTTP/1.1 on one port, HTTP/2 on another. */
interface Front {
  readonly http1: HttpTarget;
  readonly http2: HttpTarget;
  stop(): Promise<unknown>;
}

for (const [platform] of isInstalled ? PLATFORMS : []) {
  describe.each(WAYS)(
    `The IETF’s protocol behind nginx, on ${platform} %s`,
    (_way, upstream, ietf) => {
      const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'], ietf } });
      let folder: string;
      let front: Front;

      beforeAll(async () => {
        folder = await makeTempFolder();
        front = await startNginx(folder, app(), upstream);
      });
      afterAll(async () => {
        await front.stop();
        await removeTempFolder(folder);
      });

      it('takes a creation, and its rest', async () => {
        const created = await sendCreation(front.http1, {
          complete: false,
          body: CONTENT.subarray(0, FIRST),
        });
        const upload = uploadAt(created.headers.location);
        const body = CONTENT.subarray(FIRST);
        const ended = await append(front.http1, upload, { offset: FIRST, body });

        expect([created.status, created.interim]).toEqual([201, []]);
        expect(ended.headers['upload-complete']).toBe('?1');
        await expectStored(upload);
      });

      it('goes on with what was broken off', async () => {
        const created = await sendCreation(front.http1, { complete: false });
        const upload = uploadAt(created.headers.location);
        const connection = await RawConnection.open(front.http1);
        const lines = [...linesOf(appendHeaders()), `Content-Length: ${CONTENT.length}`];
        await connection.write(rawHead('PATCH', upload.path, lines));
        await connection.write(CONTENT.subarray(0, FIRST));
        await eventually(async () =>
          expect((await storedBytes(app(), upload)).length).toBeGreaterThan(0),
        );
        connection.destroy();

        const [told] = await standingOf(front.http1, upload);
        const offset = Number(told);
        const body = CONTENT.subarray(offset);
        const ended = await append(front.http1, upload, { offset, body });

        expect(offset).toBeGreaterThan(0);
        expect(ended.headers['upload-complete']).toBe('?1');
        await expectStored(upload);
      });

      it('takes an upload over HTTP/2', async () => {
        const client = new Http2Client(front.http2);
        const exchange = client.open('POST', '/files', lowered(stateHeaders()), CONTENT);
        exchange.stream.end();
        const answer = await exchange.answer;
        await client.close();

        expect(answer?.headers).toMatchObject({ ':status': 200, 'upload-complete': '?1' });
        await expectStored(uploadAt(answer?.headers.location));
      });

      async function expectStored(upload: { readonly id: string }): Promise<void> {
        expect(sha256(await storedBytes(app(), upload))).toBe(sha256(CONTENT));
      }
    },
  );
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, v]) => [name.toLowerCase(), v]));
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Starts nginx; resolves once it answers. */
async function startNginx(folder: string, app: TestApp, upstream: string): Promise<Front> {
  const [http1, http2] = [await freePort(), await freePort()];
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configOf(folder, app, { http1, http2, upstream }));
  const nginx = spawn('nginx', ['-p', folder, '-c', config], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    const ended = once(nginx, 'exit');
    if (nginx.exitCode === null && nginx.kill()) await ended;
  };
  endAfterSpec(stop);
  const host = '127.0.0.1';
  await eventually(async () => (await RawConnection.open({ host, port: http1 })).destroy());
  return { http1: { host, port: http1 }, http2: { host, port: http2 }, stop };
}

function configOf(
  folder: string,
  { host, port }: HttpTarget,
  { http1, http2, upstream }: { http1: number; http2: number; upstream: string },
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      server {
        listen 127.0.0.1:${http1};
        listen 127.0.0.1:${http2} http2;
        client_max_body_size 0;
        location / {
          proxy_pass http://${host}:${port};
          proxy_http_version ${upstream};
          proxy_request_buffering off;
          proxy_buffering off;
        }
      }
    }`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
