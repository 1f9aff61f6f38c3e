import { s3 } from '../../lib/storage/s3/index.js';
import { PLATFORMS, eventually, startApp } from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { askHealth, HealthController, HealthModule } from '../support/health-app.js';
import { FaultyProxy } from '../support/s3/faulty-proxy.js';
import { storeAccess, storeConfig, TestBucket } from '../support/s3/store.js';

describe.each(PLATFORMS)('The health of an instance in S3, on %s', (platform) => {
  let bucket: TestBucket;
  let proxy: FaultyProxy;
  let app: TestApp;
  beforeAll(async () => {
    bucket = new TestBucket();
    await bucket.make();
    proxy = await FaultyProxy.start(storeAccess().endpoint);
    const client = storeConfig({ endpoint: proxy.endpoint });
    const storage = s3({ client, bucket: bucket.name });
    app = await startApp({ platform, tus: { storage }, imports: [HealthModule] });
    app.nest.get(HealthController).use({ timeout: '2s' });
  });
  afterEach(() => proxy.fail(undefined));
  afterAll(async () => {
    await app.close();
    await proxy.stop();
    await bucket.remove();
  });

  it('is well, and nothing is left of it in the bucket', async () => {
    const { status, uploads } = await askHealth(app);

    expect(status).toBe(200);
    expect(uploads).toEqual({ status: 'up', deliveryWait: 0, deadDeliveries: 0 });
    expect(await bucket.all()).toEqual([]);
  });

  it.each([
    ['it may not be used', { kind: 'answers', status: 403, code: 'AccessDenied' }, 'AccessDenied'],
    ['it is gone', { kind: 'answers', status: 404, code: 'NoSuchBucket' }, 'NoSuchBucket'],
    ['the store says nothing', { kind: 'is silent' }, 'no answer within 2000 ms'],
  ] as const)('is bad while %s', async (_, fault, reason) => {
    proxy.fail(fault);
    const { status, uploads } = await askHealth(app);

    expect(status).toBe(503);
    expect(uploads.message).toBe(`The storage takes no uploads: ${reason}.`);
    proxy.fail(undefined);
    // What is silent is not asked again before the store counts as lost.
    await eventually(async () => expect((await askHealth(app)).status).toBe(200), 50_000);
  });
});
