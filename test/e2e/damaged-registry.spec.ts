import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  PLATFORMS,
  create,
  eventually,
  head,
  removeTempFolder,
  startApp,
  uploadWhole,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { damageOrder, damageRow } from '../unit/registry/damaged-rows.js';
import { useClock } from '../support/clock.js';

const DAY = 24 * 3_600_000;

describe.each(PLATFORMS)('a registry with rows that cannot be read on %s', (platform) => {
  const clock = useClock();
  const options = { platform, tus: { cleanup: { every: false as const } } };
  const apps: TestApp[] = [];
  afterEach(async () => {
    const [first] = apps;
    for (const app of apps.splice(0)) await app.close();
    await removeTempFolder(first!.folder!);
  });

  async function start(): Promise<TestApp> {
    const app = await startApp({ ...options, tmpFileDir: apps[0]?.tmpFileDir });
    apps.push(app);
    return app;
  }

  /** Damages rows of the registry between two apps. */
  async function restartDamaged(damage: (registry: string) => Promise<void>): Promise<TestApp> {
    const last = apps.at(-1)!;
    await last.nest.close();
    await damage(join(last.tmpFileDir, '.tus'));
    return start();
  }

  const told = (app: TestApp) =>
    app.logs.errors().filter((line) => line.includes('cannot be read'));

  it('is repaired after a start as any other, but for them', async () => {
    const first = await start();
    const bad = await create(first, { length: 5, body: 'hel' });
    const complete = await create(first, { length: 5 });
    const second = await restartDamaged(async (registry) => {
      await damageRow(registry, 'uploads', bad.id);
      // The process died between the last byte and the finish.
      await writeFile(join(first.tmpFileDir, complete.id), 'hello');
    });

    expect(await second.finished.of(complete.id)).toMatchObject({ size: 5 });
    expect((await head(second, bad)).status).toBe(404);
    expect(told(second)).toEqual([
      expect.stringContaining(`1 row that cannot be read: uploads "${bad.id}"`),
    ]);
  });

  it('is listed and cleaned up, but for them', async () => {
    const first = await start();
    const bad = await create(first, { length: 5, body: 'hel' });
    const others = [await create(first, { length: 5 }), await create(first, { length: 5 })];
    const second = await restartDamaged(async (registry) => {
      await damageRow(registry, 'uploads', bad.id);
      await damageOrder(registry, 'uploads-due', Buffer.from('07', 'hex'));
      await damageRow(registry, 'usage', '*');
    });
    const { items } = await second.tus.list({ state: 'receiving' });
    clock.advance(2 * DAY);
    await second.tus.cleanup();
    // What the repair after the start has ended meanwhile, the cleanup need not.
    const expired = () => second.tus.list({ state: 'expired' });

    const ids = others.map(({ id }) => id).sort();
    expect(items.map(({ id }) => id).sort()).toEqual(ids);
    await eventually(async () => {
      expect((await expired()).items.map(({ id }) => id).sort()).toEqual(ids);
    });
    expect(told(second)).toHaveLength(1);
    expect(second.logs.errors()).toHaveLength(1);
  });

  it('delivers what is owed, but for them', async () => {
    const first = await start();
    const upload = await uploadWhole(first, 'hello');
    await first.finished.of(upload.id);
    const second = await restartDamaged((registry) =>
      damageRow(registry, 'deliveries', ['0'.repeat(32), 'Gone#gone']),
    );
    const next = await uploadWhole(second, 'world');

    expect(await second.finished.of(next.id)).toMatchObject({ size: 5 });
    await eventually(async () => expect((await second.tus.deliveries()).items).toEqual([]));
  });
});
