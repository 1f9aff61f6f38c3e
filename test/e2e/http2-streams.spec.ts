import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { eventually, Http2Client, startApp, type TestApp } from '../support/index.js';
import { WITH_ENDPOINT } from './endpoint-controller.js';

const OFFSET = { 'upload-offset': '0' };
const LENGTH = { 'upload-length': '10' };

describe('Streams of HTTP/2 on fastify', () => {
  let app: TestApp;
  let client: Http2Client;

  beforeAll(async () => {
    const adapter = new FastifyAdapter({ http2: true });
    app = await startApp({
      platform: 'fastify',
      adapter,
      ...WITH_ENDPOINT,
      tus: { idleTimeout: 1 },
    });
    client = new Http2Client(app);
  });

  afterAll(async () => {
    await client.close();
    await app.close();
  });

  const begin = async (path: string): Promise<string> =>
    (await client.ask('POST', path, LENGTH)).headers.location!;

  it('are closed once a body that is too long was refused', async () => {
    const location = await begin('/files');
    const streams: Promise<unknown>[] = [];
    const onStream = (stream: ServerHttp2Stream) => void streams.push(once(stream, 'close'));
    app.nest.getHttpServer().once('stream', onStream);

    const { answer, closed } = client.begin('PATCH', location, OFFSET, Buffer.alloc(50_000));

    const refusal = await answer;
    expect(refusal?.headers[':status']).toBe(413);
    expect(refusal?.text).toBe('The body has more bytes than the upload has room for.\n');
    expect(await closed).toBe(constants.NGHTTP2_NO_ERROR);
    await Promise.all(streams);
  });

  it('are closed once a newer request took their upload over', async () => {
    const location = await begin('/files');
    const { answer, closed } = client.begin('PATCH', location, OFFSET, 'hello');
    await eventually(async () =>
      expect((await app.tus.find(location.split('/').at(-1)!))?.offset).toBe(5),
    );

    await client.ask('HEAD', location);

    const refusal = await answer;
    expect(refusal?.headers[':status']).toBe(423);
    expect(refusal?.text).toContain('took the upload over');
    expect(await closed).toBe(constants.NGHTTP2_NO_ERROR);
  });

  describe.each(['/files', '/videos'])('on %s', (path) => {
    it('are ended without an answer when their PATCH is idle', async () => {
      const location = await begin(path);

      const { answer, closed } = client.begin('PATCH', location, OFFSET, 'hello');

      expect(await closed).toBe(constants.NGHTTP2_CANCEL);
      expect(await answer).toBeUndefined();
      const { headers } = await client.ask('HEAD', location);
      expect(headers['upload-offset']).toBe('5');
      expect(app.logs.errors()).toEqual([]);
    });

    it('are ended without an answer when their POST is idle', async () => {
      const { answer, closed } = client.begin('POST', path, LENGTH, 'hello');

      expect(await closed).toBe(constants.NGHTTP2_CANCEL);
      expect(await answer).toBeUndefined();
      expect(app.logs.errors()).toEqual([]);
    });
  });
});
