import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  PLATFORMS,
  TUS,
  create,
  eventually,
  head,
  listFiles,
  makeTempFolder,
  patch,
  removeTempFolder,
  request,
  startApp,
} from '../support/index.js';
import type { CreatedUpload, HttpResponse, HttpTarget, TestApp } from '../support/index.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./servers/plain-server.js', import.meta.url));

const MB = 1024 * 1024;
const SIZE = 128 * MB;

const PARTIAL = { 'Upload-Concat': 'partial' };

describe.each(PLATFORMS)('a server killed in the middle of a concatenation (%s)', (platform) => {
  let folder: string;
  let server: ServerProcess;
  let app: TestApp | undefined;

  beforeEach(async () => {
    folder = await makeTempFolder();
    server = await ServerProcess.startScript(SERVER, [platform, folder]);
  });

  afterEach(async () => {
    await server.kill();
    await app?.close();
    app = undefined;
    await removeTempFolder(folder);
  });

  /** A part with holes: only its last byte is sent, and the disk makes the others up. */
  async function largePart(lastByte: string): Promise<CreatedUpload> {
    const upload = await create(server, { length: SIZE, body: 'x', headers: PARTIAL });
    await truncate(join(folder, upload.id), SIZE - 1);
    const response = await patch(server, upload, { offset: SIZE - 1, body: lastByte });
    expect(response.status).toBe(204);
    return upload;
  }

  /** Asks for a final upload and kills the server when a part of its bytes was written. */
  async function killWithin(parts: readonly CreatedUpload[]): Promise<string> {
    const known = new Set(await readdir(folder));
    const answer = concatenate(server, parts).catch(() => undefined);
    const final = await untilHalfWritten(known);
    await server.kill();

    expect(await answer).toBeUndefined();
    return final;
  }

  /** Looks without a pause: the bytes come fast. */
  async function untilHalfWritten(known: ReadonlySet<string>): Promise<string> {
    for (;;) {
      const name = (await readdir(folder)).find((file) => !known.has(file));
      if (name !== undefined && (await stat(join(folder, name))).size > MB) return name;
    }
  }

  async function sha256Of(uploads: readonly Pick<CreatedUpload, 'id'>[]): Promise<string> {
    const hash = createHash('sha256');
    for (const { id } of uploads) {
      for await (const piece of createReadStream(join(folder, id), { highWaterMark: MB })) {
        hash.update(piece as Buffer);
      }
    }
    return hash.digest('hex');
  }

  it('keeps the parts, forgets the half of it, and makes it when asked again', async () => {
    const small = await create(server, { length: 5, body: 'hello', headers: PARTIAL });
    const parts = [small, await largePart('a'), await largePart('b')];
    const half = await killWithin(parts);
    expect((await stat(join(folder, half))).size).toBeLessThan(2 * SIZE + 5);

    const next = (app = await startApp({ platform, tmpFileDir: folder }));
    await eventually(async () => expect(await listFiles(folder)).not.toContain(half));
    expect(await next.tus.find(half)).toMatchObject({ state: 'expired' });
    expect((await head(next, { path: `/files/${half}` })).status).toBe(410);
    for (const part of parts) {
      const { headers } = await head(next, part);
      expect(headers['upload-offset']).toBe(headers['upload-length']);
      expect(headers['upload-concat']).toBe('partial');
    }

    const response = await concatenate(next, parts);
    expect(response.status).toBe(201);
    const id = response.headers.location!.slice(-32);
    expect(await next.finished.of(id)).toMatchObject({ id, size: 2 * SIZE + 5 });
    expect(await sha256Of([{ id }])).toBe(await sha256Of(parts));
    expect(next.finished.count).toBe(1);
  });
});

function concatenate(target: HttpTarget, parts: readonly CreatedUpload[]): Promise<HttpResponse> {
  const list = parts.map(({ path }) => path).join(' ');
  const headers = { ...TUS, 'Upload-Concat': `final;${list}` };
  return request(target, { method: 'POST', path: '/files', headers });
}
