import { FastifyAdapter } from '@nestjs/platform-fastify';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { rawHead } from '../support/index.js';
import { create, eventually, Http2Client, openFilesIn, PLATFORMS } from '../support/index.js';
import { startApp, useApp, type TestApp } from '../support/index.js';

/** More than the buffers between a server and a client that does not read take. */
const BIG = Buffer.alloc(20 * 1024 * 1024);

/** More than the listeners Node takes for ordinary. */
const MANY = 12;

const expectOpen = (app: TestApp, files: number) =>
  eventually(async () => {
    const open = await openFilesIn(app.tmpFileDir);
    if (open) expect(open).toHaveLength(files);
  });

describe.each(PLATFORMS)('Downloads in a row on one connection, on %s', (platform) => {
  const app = useApp({ platform, tus: { download: true } });

  it('leave no file open when their client leaves', async () => {
    const { path } = await create(app(), { length: BIG.length, body: BIG });
    const connection = await app().connect();
    await connection.write(rawHead('GET', path).repeat(MANY));
    await expectOpen(app(), MANY);

    connection.destroy();

    await expectOpen(app(), 0);
  });

  it('are answered one after the other', async () => {
    const { path } = await create(app(), { length: 5, body: 'hello' });
    const connection = await app().connect();

    await connection.write(rawHead('GET', path).repeat(MANY));

    for (let turn = 0; turn < MANY; turn++) {
      const { body } = await connection.response();
      expect(body.toString()).toBe('hello');
    }
    await expectOpen(app(), 0);
  });
});

describe('Downloads over HTTP/2 on fastify', () => {
  it('leave no file open when they are cancelled at once', async () => {
    const adapter = new FastifyAdapter({ http2: true });
    const app = await startApp({ platform: 'fastify', adapter, tus: { download: true } });
    const client = new Http2Client(app);
    const created = await client.ask('POST', '/files', { 'upload-length': '5' }, 'hello');
    const streams: Promise<unknown>[] = [];
    app.nest.getHttpServer().on('stream', (stream: ServerHttp2Stream) => {
      streams.push(new Promise((resolve) => stream.once('close', resolve)));
      // After some turns of the event loop, so that they are at different steps.
      turns(streams.length, () => stream.close(constants.NGHTTP2_CANCEL));
    });

    const downloads = Array.from({ length: 40 }, () =>
      client.begin('GET', created.headers.location!),
    );
    await Promise.all(downloads.map(({ closed }) => closed));
    await Promise.all(streams);

    await expectOpen(app, 0);
    await client.close();
    await app.close();
  });
});

function turns(left: number, then: () => void): void {
  if (left === 0) return then();
  setImmediate(() => turns(left - 1, then));
}
