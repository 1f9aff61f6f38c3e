import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { constants, type Http2ServerRequest } from 'node:http2';
import { rawRequest, type PlatformRequest } from '../../lib/http/request/http-types.js';
import { eventually, Http2Client, OCTETS, openFilesIn, PLATFORMS } from '../support/index.js';
import { rawHead, startApp, useApp, type TestApp } from '../support/index.js';
import { createAt, endpointOf, WITH_ENDPOINT } from './endpoint-controller.js';
import { Gate } from '../support/gate.js';

/** More than is kept of an answer. */
const LONG = 'x'.repeat(200_000);

const WITH_FILES = { ...WITH_ENDPOINT, tus: { sendFile: true } };

const PATCH_LINES = [
  'Tus-Resumable: 1.0.0',
  `Content-Type: ${OCTETS}`,
  'Upload-Offset: 0',
  'Content-Length: 5',
];

const expectOpen = (app: TestApp, files: number) =>
  eventually(async () => {
    const open = await openFilesIn(app.tmpFileDir);
    if (open) expect(open).toHaveLength(files);
  });

describe.each(PLATFORMS)(
  'An endpoint whose client leaves with answers queued, on %s',
  (platform) => {
    const app = useApp({ platform, ...WITH_FILES });

    it('has no file open after it', async () => {
      const slow = await createAt(app(), 5);
      const fast = await createAt(app(), 5);
      const gate = new Gate();
      const endpoint = endpointOf(app());
      let left!: Promise<unknown>;
      endpoint.work = async ({ id }, request) => {
        left = once(rawRequest(request as PlatformRequest).socket, 'close');
        if (id === slow.id) await gate.pass();
        return LONG;
      };
      const connection = await app().connect();
      const patches = [slow, fast].map(({ path }) => `${rawHead('PATCH', path, PATCH_LINES)}hello`);
      await connection.write(patches.join(''));
      await gate.reached;
      await endpoint.calls.first(({ id }) => id === fast.id);

      connection.destroy();
      await left;
      gate.open();

      await expectOpen(app(), 0);
    });
  },
);

describe('An endpoint whose client cancels over HTTP/2 on fastify', () => {
  it('has no file open after it', async () => {
    const adapter = new FastifyAdapter({ http2: true });
    const app = await startApp({ platform: 'fastify', adapter, ...WITH_FILES });
    const client = new Http2Client(app);
    const gate = new Gate();
    let left!: Promise<unknown>;
    endpointOf(app).work = async (_upload, request) => {
      const { stream } = (request as { raw: Http2ServerRequest }).raw;
      left = once(stream, 'close');
      await gate.pass();
      return LONG;
    };
    const created = await client.ask('POST', '/videos', { 'upload-length': '5' });
    const location = created.headers.location!;
    const { stream } = client.begin('PATCH', location, { 'upload-offset': '0' }, 'hello');
    stream.end();
    await gate.reached;
    await expectOpen(app, 1);

    stream.close(constants.NGHTTP2_CANCEL);
    await left;
    gate.open();

    await expectOpen(app, 0);
    await client.close();
    await app.close();
  });
});
