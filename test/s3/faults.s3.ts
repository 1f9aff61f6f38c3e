import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { RequestSender } from '../../lib/storage/s3/requests/request-sender.js';
import { s3 } from '../../lib/storage/s3/index.js';
import {
  create,
  eventually,
  head,
  offsetOf,
  patch,
  startApp,
  type CreatedUpload,
  type TestApp,
} from '../support/index.js';
import { FaultyProxy, type StoreFault } from '../support/s3/faulty-proxy.js';
import { bytes, MIB } from '../support/s3/s3-world.js';
import { storeAccess, storeConfig, TestBucket } from '../support/s3/store.js';

const FAULTS: readonly (readonly [string, StoreFault])[] = [
  ['is throttled', { kind: 'answers', status: 503, code: 'SlowDown' }],
  ['fails', { kind: 'answers', status: 500, code: 'InternalError' }],
  ['drops connections', { kind: 'drops' }],
];

let bucket: TestBucket;
let proxy: FaultyProxy;
let app: TestApp;

beforeAll(async () => {
  bucket = new TestBucket();
  await bucket.make();
  proxy = await FaultyProxy.start(storeAccess().endpoint);
  const storage = s3({
    client: storeConfig({ endpoint: proxy.endpoint, maxAttempts: 3 }),
    bucket: bucket.name,
  });
  app = await startApp({ platform: 'express', tus: { storage } });
});

afterEach(() => proxy.fail(undefined));

afterAll(async () => {
  await app.close();
  await proxy.stop();
  await bucket.remove();
});

async function rest(upload: CreatedUpload, content: Buffer): Promise<number> {
  const offset = await offsetOf(app, upload);
  const { status } = await patch(app, upload, { offset, body: content.subarray(offset) });
  return status;
}

describe.each(FAULTS)('a store that %s', (_name, fault) => {
  it('for a moment, is asked again, and no client hears of it', async () => {
    const content = bytes(20 * MIB);
    const upload = await create(app, { length: content.length });
    proxy.fail(fault, 2);
    expect((await patch(app, upload, { body: content })).status).toBe(204);
    expect(proxy.failed).toBe(2);
  });

  it.each([1000, 40 * MIB])(
    'for longer, is 503 for a PATCH of %d bytes, which loses nothing that counts, and is logged',
    async (size) => {
      const content = bytes(6 * MIB + size);
      const upload = await create(app, { length: content.length });
      await patch(app, upload, { body: content.subarray(0, 6 * MIB) });
      proxy.fail(fault);
      const failed = await patch(app, upload, { offset: 6 * MIB, body: content.subarray(6 * MIB) });
      expect(failed.status).toBe(503);
      expect(Number(failed.headers['retry-after'])).toBeGreaterThan(0);
      expect(await offsetOf(app, upload)).toBe(6 * MIB);
      const lines = app.logs.of('error').filter((text) => text.includes(upload.id));
      expect(lines).toHaveLength(1);

      proxy.fail(undefined);
      expect(await rest(upload, content)).toBe(204);
      const { size: finished } = await app.finished.of(upload.id);
      expect(finished).toBe(content.length);
    },
  );
});

describe('a store that says', () => {
  it('that credentials have expired is 503', async () => {
    const upload = await create(app, { length: 10 });
    proxy.fail({ kind: 'answers', status: 400, code: 'ExpiredToken' });
    expect((await patch(app, upload, { body: 'helloworld' })).status).toBe(503);
    proxy.fail(undefined);
    expect((await patch(app, upload, { body: 'helloworld' })).status).toBe(204);
  });

  it('that a bucket has no room is 507', async () => {
    const upload = await create(app, { length: 10 });
    proxy.fail({ kind: 'answers', status: 403, code: 'QuotaExceeded' });
    expect((await patch(app, upload, { body: 'helloworld' })).status).toBe(507);
    proxy.fail(undefined);
    expect((await patch(app, upload, { body: 'helloworld' })).status).toBe(204);
  });
});

describe('an upload whose parts someone has removed', () => {
  it('is 410, said why in the log, and never complete', async () => {
    const content = bytes(30 * MIB);
    const upload = await create(app, { length: content.length });
    await patch(app, upload, { body: content.subarray(0, 15 * MIB) });
    await bucket.abortAll();
    const last = { offset: 15 * MIB, body: content.subarray(15 * MIB) };
    expect((await patch(app, upload, last)).status).toBe(410);
    expect((await head(app, upload)).status).toBe(410);
    const lines = app.logs.of('error').filter((text) => text.includes(upload.id));
    expect(lines).toEqual([expect.stringContaining('is lost')]);
    await eventually(async () => expect(await bucket.multiparts()).toEqual([]));
  });
});

describe('a store that is silent', () => {
  it('is waited for no longer than told', async () => {
    const client = new S3Client(storeConfig({ endpoint: proxy.endpoint }));
    proxy.fail({ kind: 'is silent' });
    const command = new HeadBucketCommand({ Bucket: bucket.name });
    const asked = new RequestSender(client).ask(
      command,
      (options) => client.send(command, options),
      {
        silence: 100,
      },
    );
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
    client.destroy();
  });
});
