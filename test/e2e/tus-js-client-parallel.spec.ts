import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tus from 'tus-js-client';
import type { PreviousUpload, UploadOptions } from 'tus-js-client';
import {
  makeTempFolder,
  PLATFORMS,
  removeTempFolder,
  SeededContent,
  TestApp,
  useApp,
} from '../support/index.js';

/** `TUS_FULL=1` sends files of 200 MB in place of 20 MB. */
const FULL = process.env.TUS_FULL === '1';
const MB = 1024 * 1024;
const SIZE = (FULL ? 200 : 20) * MB + 12_345;
const PARTS = 4;
const CHUNK = 2 * MB;

const content = new SeededContent('tus-js-client-parallel', SIZE);
const sha256 = content.sha256();
let folder: string;
let file: string;

jest.setTimeout(FULL ? 180_000 : 20_000);

beforeAll(async () => {
  folder = await makeTempFolder();
  file = join(folder, 'source.bin');
  await writeFile(file, content.stream());
});

afterAll(() => removeTempFolder(folder));

/** One run of the client over a file that it sends in four parts at the same time. */
class ParallelUpload {
  readonly upload: tus.Upload;
  /** Methods of all requests, in order. */
  readonly requests: string[] = [];
  readonly done: Promise<void>;

  private readonly agent = new Agent({ keepAlive: true });

  constructor(app: TestApp, options: UploadOptions = {}) {
    let succeed: () => void;
    let fail: (error: Error) => void;
    this.done = new Promise<void>(
      (resolve, reject) => ([succeed, fail] = [resolve, reject]),
    ).finally(() => this.agent.destroy());
    this.upload = new tus.Upload(createReadStream(file) as unknown as Buffer, {
      endpoint: `${app.url}/files`,
      parallelUploads: PARTS,
      chunkSize: CHUNK,
      metadata: { filename: 'source.bin' },
      metadataForPartialUploads: { filename: 'part.bin' },
      retryDelays: [0, 10, 100],
      httpStack: new tus.DefaultHttpStack({ agent: this.agent }),
      ...options,
      onBeforeRequest: (request) => void this.requests.push(request.getMethod()),
      onSuccess: () => succeed(),
      onError: (error) => fail(error),
    });
  }

  get id(): string {
    return this.upload.url?.slice(-32) ?? '';
  }

  count(method: string): number {
    return this.requests.filter((each) => each === method).length;
  }

  /** Stops it for good, as closing the page does. */
  async abort(): Promise<void> {
    await this.upload.abort();
    this.agent.destroy();
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The handler was told of the whole file, once, and of none of its parts. */
async function expectDelivered(app: TestApp, id: string, before: number): Promise<void> {
  const upload = await app.finished.of(id);
  expect(upload).toMatchObject({ size: SIZE, filename: 'source.bin', attempt: 1 });
  expect(await sha256Of(upload.path)).toBe(sha256);
  expect(app.finished.count).toBe(before + 1);
}

describe.each(PLATFORMS)('tus-js-client with parallel uploads and %s', (platform) => {
  const app = useApp({ platform });

  it('sends a file in parts at the same time', async () => {
    const before = app().finished.count;
    const client = new ParallelUpload(app());

    client.upload.start();
    await client.done;

    expect(client.count('POST')).toBe(PARTS + 1);
    await expectDelivered(app(), client.id, before);
  });

  it('sends the first bytes of each part with its creation', async () => {
    const before = app().finished.count;
    const client = new ParallelUpload(app(), { uploadDataDuringCreation: true });

    client.upload.start();
    await client.done;

    await expectDelivered(app(), client.id, before);
  });

  it('sends a file through a proxy that tells nothing of itself', async () => {
    const before = app().finished.count;
    const proxy = await startProxy(app());
    const { port } = proxy.address() as AddressInfo;
    const client = new ParallelUpload(app(), { endpoint: `http://127.0.0.1:${port}/media/files` });

    client.upload.start();
    await client.done;
    proxy.close();

    expect(client.upload.url).toContain(`:${port}/media/files/`);
    await expectDelivered(app(), client.id, before);
  });

  it('goes on with all parts after it was stopped', async () => {
    const before = app().finished.count;
    const urlStorage = new UrlMemory();
    const stopped = await stopHalfWay(urlStorage);
    const client = new ParallelUpload(app(), { urlStorage });
    const [previous] = await client.upload.findPreviousUploads();

    client.upload.resumeFromPreviousUpload(previous!);
    client.upload.start();
    await client.done;

    expect(previous).toMatchObject({ parallelUploadUrls: expect.any(Array) });
    expect(client.count('HEAD')).toBe(PARTS);
    expect(client.count('POST')).toBe(1);
    expect(client.count('PATCH')).toBeLessThan(stopped.chunks);
    await expectDelivered(app(), client.id, before);
  });

  /** Stops an upload once every part has a URL and a few chunks were taken. */
  async function stopHalfWay(urlStorage: UrlMemory): Promise<{ chunks: number }> {
    const chunks = Math.ceil(SIZE / CHUNK);
    await new Promise<void>((resolve, reject) => {
      let taken = 0;
      let stored = false;
      const stopWhenHalf = (): void => {
        if (stored && taken >= chunks / 2) client.abort().then(resolve, reject);
      };
      const client = new ParallelUpload(app(), {
        urlStorage,
        onChunkComplete: () => {
          taken++;
          stopWhenHalf();
        },
      });
      urlStorage.onStored = () => {
        stored = true;
        stopWhenHalf();
      };
      client.done.catch(reject);
      client.upload.start();
    });
    return { chunks };
  }
});

/** A proxy as many are: it takes a prefix off the path, and puts its own idea of `Host` in place. */
async function startProxy({ host, port }: TestApp): Promise<Server> {
  const proxy = createServer((req, res) => {
    const headers = { ...req.headers, host: 'upstream' };
    const path = req.url?.replace(/^\/media/, '');
    const upstream = httpRequest({ host, port, method: req.method, path, headers }, (answer) => {
      const { location } = answer.headers;
      const told = location === undefined ? {} : { location: `/media${location}` };
      res.writeHead(answer.statusCode!, { ...answer.headers, ...told });
      answer.pipe(res);
    });
    req.pipe(upstream);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

/** What a browser keeps of an upload, so that it can go on after the page was closed. */
class UrlMemory implements tus.UrlStorage {
  /** Told when the URLs of all parts are there. */
  onStored?: () => void;

  private readonly uploads: PreviousUpload[] = [];

  findAllUploads(): Promise<PreviousUpload[]> {
    return Promise.resolve(this.uploads);
  }

  findUploadsByFingerprint(): Promise<PreviousUpload[]> {
    return Promise.resolve(this.uploads);
  }

  removeUpload(): Promise<void> {
    return Promise.resolve();
  }

  addUpload(_fingerprint: string, upload: PreviousUpload): Promise<string> {
    this.uploads.push(upload);
    this.onStored?.();
    return Promise.resolve('key');
  }
}
