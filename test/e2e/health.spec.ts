import { rename } from 'node:fs/promises';
import { postgres } from '../../lib/backends/postgres/index.js';
import { TusModule, type StorageFactory } from '../../lib/index.js';
import type { TusHealthOptions } from '../../lib/health/terminus/index.js';
import { PLATFORMS, eventually, listFiles, startApp, uploadWhole } from '../support/index.js';
import type { StartAppOptions, TestApp } from '../support/index.js';
import { askHealth, HealthController, HealthModule } from '../support/health-app.js';
import { Memory } from '../support/memory-backend.js';
import { MemoryStorage } from '../support/memory.storage.js';
import { SilentProxy } from '../support/postgres/silent-proxy.js';
import { TestSchema } from '../support/postgres/test-database.js';
import { withWorker, workerOf } from './worker.js';

describe.each(PLATFORMS)('The health of an instance on %s', (platform) => {
  let app: TestApp;
  afterEach(() => app.close());

  async function start(options: Partial<StartAppOptions> = {}): Promise<void> {
    app = await startApp({ platform, imports: [HealthModule], ...options });
  }

  const check = (options: TusHealthOptions = {}) => {
    app.nest.get(HealthController).use(options);
    return askHealth(app);
  };

  it('is well: a file can be written, the registry answers, and nothing is left of it', async () => {
    await start();
    const before = await listFiles(app.tmpFileDir);
    const { status, uploads } = await check({
      minRoom: 1,
      maxDeliveryWait: '1m',
      maxDeadDeliveries: 0,
    });

    expect(status).toBe(200);
    expect(uploads).toEqual({
      status: 'up',
      room: expect.any(Number),
      deliveryWait: 0,
      deadDeliveries: 0,
    });
    expect(uploads.room).toBeGreaterThan(0);
    expect(await listFiles(app.tmpFileDir)).toEqual(before);
  });

  it('is bad while the folder is gone, and well once it is there again', async () => {
    await start();
    await rename(app.tmpFileDir, `${app.tmpFileDir}-away`);
    const { status, uploads } = await check();
    await rename(`${app.tmpFileDir}-away`, app.tmpFileDir);

    expect([status, uploads.status]).toEqual([503, 'down']);
    expect(uploads.message).toContain('The storage takes no uploads: FolderLostError.');
    expect(uploads.message).not.toContain(app.tmpFileDir);
    await eventually(async () => expect((await check()).status).toBe(200));
  });

  it('is bad below the room that is wanted', async () => {
    await start();
    const { status, uploads } = await check({ minRoom: '8000TB' });

    expect(status).toBe(503);
    expect(uploads.message).toMatch(
      /^There is room for \d+ bytes, and 8796093022208000 are wanted/,
    );
    expect(uploads.deadDeliveries).toBe(0);
  });

  it('is bad while more deliveries are given up than may be', async () => {
    await start(withWorker(platform, { delivery: { attempts: 1 } }));
    workerOf(app).work = () => {
      throw new Error('Told to fail.');
    };
    const { id } = await uploadWhole(app, 'hello');
    await eventually(async () => {
      expect((await app.tus.deliveries({ state: 'dead' })).items).toHaveLength(1);
    });

    expect((await check()).uploads).toMatchObject({ status: 'up', deadDeliveries: 1 });
    expect((await check({ maxDeadDeliveries: 1 })).status).toBe(200);
    const { status, uploads } = await check({ maxDeadDeliveries: 0 });
    expect([status, uploads.message]).toEqual([503, 'Deliveries that were given up: 1.']);

    workerOf(app).work = () => undefined;
    await app.tus.retry(id);
    await eventually(async () => expect((await check({ maxDeadDeliveries: 0 })).status).toBe(200));
  });

  it('is bad while a delivery waits for longer than it may', async () => {
    await start({ tus: { background: false } });
    await uploadWhole(app, 'hello');
    await eventually(async () => {
      const { status, uploads } = await check({ maxDeliveryWait: '1ms' });
      expect([status, uploads.message]).toEqual([503, 'A delivery has been due for 0 seconds.']);
      expect(uploads.deliveryWait).toBeGreaterThan(1);
    });
    expect((await check({ maxDeliveryWait: '1h' })).status).toBe(200);
  });

  it('is told of the instance that is named', async () => {
    const memory = new Memory();
    const { registry, storage } = memory;
    const named = TusModule.forRoot({ name: 'avatars', uploadPath: '/avatars', registry, storage });
    await start({ imports: [HealthModule, named] });

    expect((await check()).uploads.room).toBeGreaterThan(0);
    expect((await check({ instance: 'avatars' })).uploads).toEqual({
      status: 'up',
      deliveryWait: 0,
      deadDeliveries: 0,
    });
  });

  it('has no room where uploads are no files, and none can be wanted', async () => {
    const memory = new Memory();
    await start({ tus: { registry: memory.registry, storage: memory.storage } });

    expect((await check()).uploads).toEqual({ status: 'up', deliveryWait: 0, deadDeliveries: 0 });
    expect((await check({ minRoom: '1GB' })).status).toBe(500);
    expect(app.logs.errors().join()).toContain('"health.minRoom" cannot be \'1GB\'');
  });

  it.each<TusHealthOptions>([
    { timeout: 3000 },
    { timeout: 0 },
    { maxDeadDeliveries: 1000 },
    { maxDeadDeliveries: -1 },
    { minRoom: '5 apples' },
    { maxDeliveryWait: 'long' },
  ])('cannot be asked for with %j', async (options) => {
    await start();
    expect((await check(options)).status).toBe(500);
    const [name] = Object.keys(options);
    expect(app.logs.errors().join()).toContain(`"health.${name}" cannot be`);
  });

  it('is bad, in bounded time, while the storage hangs, which is asked only once', async () => {
    let asked = 0;
    let answer: () => void = () => undefined;
    class HangingStorage extends MemoryStorage {
      override async probe(): Promise<void> {
        asked += 1;
        if (asked > 1) await new Promise<void>((resolve) => (answer = resolve));
      }
    }
    const storage: StorageFactory = { create: ({ records }) => new HangingStorage(records) };
    await start({ tus: { storage } });

    expect((await check()).status).toBe(200);
    for (const timeout of ['200ms', '300ms']) {
      const { status, uploads } = await check({ timeout });
      expect([status, uploads.message]).toEqual([
        503,
        `The storage takes no uploads: no answer within ${parseInt(timeout)} ms.`,
      ]);
      expect(uploads.deadDeliveries).toBe(0);
    }
    expect(asked).toBe(2);
    answer();
    await eventually(() => expect(asked).toBe(2));
  });
});

describe.each(PLATFORMS)('The health of an instance on PostgreSQL, on %s', (platform) => {
  let schema: TestSchema;
  let proxy: SilentProxy;
  let app: TestApp;
  beforeEach(async () => {
    schema = await TestSchema.make();
    proxy = await SilentProxy.start(schema.url);
    const registry = postgres({ connectionString: proxy.url, schema: schema.name, max: 4 });
    app = await startApp({ platform, tus: { registry }, imports: [HealthModule] });
  });
  afterEach(async () => {
    proxy.shut();
    await app.close();
    await proxy.stop();
    await schema.remove();
  });

  it('is bad while the database is not reached, and well once it is again', async () => {
    expect((await askHealth(app)).uploads).toMatchObject({ status: 'up', deadDeliveries: 0 });
    proxy.shut();
    const { status, uploads } = await askHealth(app);

    expect(status).toBe(503);
    expect(uploads.message).toContain('The registry does not answer');
    expect(uploads.room).toBeGreaterThan(0);
    expect(uploads.deadDeliveries).toBeUndefined();
    proxy.open();
    await eventually(async () => expect((await askHealth(app)).status).toBe(200));
  });

  it('is bad within the limit while the database says nothing', async () => {
    app.nest.get(HealthController).use({ timeout: '500ms' });
    proxy.fallSilent();
    const { status, uploads } = await askHealth(app);

    expect(status).toBe(503);
    expect(uploads.message).toContain('The registry does not answer: no answer within 500 ms.');
  });
});
