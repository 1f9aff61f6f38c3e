import { FolderSync } from '../../../lib/storage/disk/folder-sync.js';

/** Flushes that end when a test says so. */
class Flushes {
  started = 0;
  private readonly ends: ((failure?: Error) => void)[] = [];

  readonly folder = new FolderSync(() => {
    this.started++;
    return new Promise<void>((resolve, reject) => {
      this.ends.push((failure) => (failure ? reject(failure) : resolve()));
    });
  });

  end(failure?: Error): void {
    this.ends.shift()?.(failure);
  }
}

describe('making names durable', () => {
  it('flushes at once when no flush is running', async () => {
    const flushes = new Flushes();
    for (let i = 1; i <= 3; i++) {
      const synced = flushes.folder.sync();
      expect(flushes.started).toBe(i);
      flushes.end();
      await synced;
    }
  });

  it('does not count a flush that was running already', async () => {
    const flushes = new Flushes();
    const early = flushes.folder.sync();
    let isDone = false;
    const late = flushes.folder.sync().then(() => (isDone = true));
    flushes.end();
    await early;
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(isDone).toBe(false);
    expect(flushes.started).toBe(2);
    flushes.end();
    await late;
  });

  it('makes all that come while one is running share the next', async () => {
    const flushes = new Flushes();
    const all = Array.from({ length: 50 }, () => flushes.folder.sync());
    flushes.end();
    await all[0];
    flushes.end();
    await Promise.all(all);
    expect(flushes.started).toBe(2);
  });

  it('tells those whose flush failed, and no one else', async () => {
    const flushes = new Flushes();
    const early = flushes.folder.sync();
    const late = flushes.folder.sync();
    const failed = expect(early).rejects.toThrow('broken');
    flushes.end(new Error('broken'));
    await failed;
    flushes.end();
    await late;

    const next = flushes.folder.sync();
    flushes.end();
    await next;
    expect(flushes.started).toBe(3);
  });

  it('knows which names a flush that failed may have lost, whatever the next ones say', async () => {
    const flushes = new Flushes();
    const sync = async (failure?: Error) => {
      const synced = flushes.folder.sync().catch(() => undefined);
      flushes.end(failure);
      await synced;
    };
    const { folder } = flushes;
    await sync();
    expect(folder.mayHaveLost(Date.now())).toBe(false);
    await sync(Object.assign(new Error('not there'), { code: 'ENOENT', syscall: 'open' }));
    expect(folder.mayHaveLost(Date.now())).toBe(false);
    await sync(Object.assign(new Error('broken'), { code: 'EIO', syscall: 'fsync' }));
    await sync();
    expect(folder.mayHaveLost(Date.now() - 1000)).toBe(true);
    expect(folder.mayHaveLost(Date.now() + 1000)).toBe(false);
  });
});
