import { ConflictException } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import * as tus from 'tus-js-client';
import type { UploadOptions } from 'tus-js-client';
import { head, LossyProxy, PLATFORMS, useApp } from '../support/index.js';
import type { HttpTarget, TestApp } from '../support/index.js';
import { WITH_ENDPOINT, endpointOf } from './endpoint-controller.js';

const content = randomBytes(1_000_000);

/** What the client was told, and what it sent. */
interface Sent {
  readonly id: string;
  readonly path: string;
  readonly answer?: tus.HttpResponse;
  /** Methods of all requests, in order. */
  readonly requests: readonly string[];
}

/** Sends the content with the client, and waits for its success. */
async function send(target: HttpTarget, options: UploadOptions = {}): Promise<Sent> {
  const agent = new Agent({ keepAlive: true });
  const requests: string[] = [];
  try {
    return await new Promise<Sent>((resolve, reject) => {
      const upload: tus.Upload = new tus.Upload(content, {
        endpoint: `http://${target.host}:${target.port}/videos`,
        metadata: { filename: 'source.bin' },
        retryDelays: [0, 10, 100],
        httpStack: new tus.DefaultHttpStack({ agent }),
        ...options,
        onBeforeRequest: (request) => void requests.push(request.getMethod()),
        onError: reject,
        onSuccess: ({ lastResponse }) => {
          const path = new URL(upload.url ?? '').pathname;
          resolve({ id: path.slice(-32), path, answer: lastResponse, requests });
        },
      });
      upload.start();
    });
  } finally {
    agent.destroy();
  }
}

/** The method has had the whole content, once. */
async function expectTaken(app: TestApp, { id }: Sent): Promise<void> {
  const upload = await endpointOf(app).calls.first((call) => call.id === id);
  expect(upload.filename).toBe('source.bin');
  expect((await readFile(upload.path)).equals(content)).toBe(true);
  expect(endpointOf(app).countOf(id)).toBe(1);
}

describe.each(PLATFORMS)('tus-js-client and an endpoint on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it.each<[name: string, options: UploadOptions]>([
    ['in one request', {}],
    ['in chunks', { chunkSize: 300_000 }],
    ['with the creation', { uploadDataDuringCreation: true }],
    ['by POST only', { overridePatchMethod: true }],
  ])('sends a file %s, and is told what the method says', async (_name, options) => {
    const sent = await send(app(), options);

    await expectTaken(app(), sent);
    expect(JSON.parse(sent.answer!.getBody())).toEqual({ size: content.length });
  });

  it('sends parts at the same time, of which the method is told nothing', async () => {
    const before = endpointOf(app()).calls.all.length;

    const sent = await send(app(), { parallelUploads: 3 });

    await expectTaken(app(), sent);
    expect(endpointOf(app()).calls.all).toHaveLength(before + 1);
    expect(JSON.parse(sent.answer!.getBody())).toEqual({ size: content.length });
  });

  it('is told why its upload is refused', async () => {
    endpointOf(app()).work = () => Promise.reject(new ConflictException('Sent twice.'));

    const error = await send(app()).catch((reason: unknown) => reason);
    endpointOf(app()).work = ({ size }) => ({ size });

    const response = (error as tus.DetailedError).originalResponse;
    expect(response?.getStatus()).toBe(409);
    expect(response?.getBody()).toContain('twice');
  });

  it('comes again until the method has done its work', async () => {
    let attempts = 0;
    endpointOf(app()).work = ({ size }) => {
      attempts++;
      if (attempts < 3) throw new Error('Not now.');
      return { size };
    };

    const sent = await send(app());

    expect(attempts).toBe(3);
    expect(sent.requests).toEqual(['POST', 'PATCH', 'HEAD', 'HEAD']);
  });

  it('succeeds without sending a byte again when the last answer was lost', async () => {
    const proxy = await LossyProxy.start(app());
    proxy.loseAnswer(
      new RegExp(`^HTTP/1\\.1 200[^]*\\r\\nUpload-Offset: ${content.length}\\r\\n`, 'i'),
    );

    const sent = await send(proxy).finally(() => proxy.close());

    await proxy.lost;
    expect(sent.requests).toEqual(['POST', 'PATCH', 'HEAD']);
    await expectTaken(app(), sent);
  });

  it('ends an upload', async () => {
    const upload = new tus.Upload(content, {
      endpoint: `${app().url}/videos`,
      uploadSize: content.length + 1,
      uploadDataDuringCreation: true,
      chunkSize: 1000,
    });
    const url = await new Promise<string>((resolve, reject) => {
      upload.options.onError = reject;
      upload.options.onChunkComplete = () => {
        const { url: made } = upload;
        upload.abort(true).then(() => resolve(made ?? ''), reject);
      };
      upload.start();
    });

    expect((await head(app(), { path: new URL(url).pathname })).status).toBe(410);
  });
});
