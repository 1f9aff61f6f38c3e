import { FastifyAdapter } from '@nestjs/platform-fastify';
import { constants } from 'node:http2';
import { Http2Client, startApp, type TestApp } from '../support/index.js';
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
      tus: { idleTimeout: 0.3 },
    });
    client = new Http2Client(app);
  });

  afterAll(async () => {
    await client.close();
    await app.close();
  });

  const begin = async (path: string): Promise<string> =>
    (await client.ask('POST', path, LENGTH)).headers.location!;

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
