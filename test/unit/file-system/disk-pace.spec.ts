import { DiskPace } from '../../../lib/file-system/disk-pace.js';

/** A call that ends when a test says so. */
class Call {
  end: () => void = () => undefined;
  readonly done = new Promise<string>((resolve) => (this.end = () => resolve('in the pool')));
}

describe('the pace of a disk', () => {
  let now: number;
  let waited: number;
  let pace: DiskPace;
  beforeEach(() => {
    now = 1_000_000;
    waited = 50_000;
    pace = new DiskPace({ now: () => now, waited: () => waited });
  });

  /** Makes a call that takes some milliseconds, and tells where. */
  async function call(milliseconds: number): Promise<string> {
    const inPool = new Call();
    const result = pace.run(
      () => {
        now += milliseconds;
        return 'here';
      },
      () => inPool.done,
    );
    if (typeof result === 'string') return result;
    now += milliseconds;
    inPool.end();
    return result;
  }

  /** Calls that are all answered at once, for some milliseconds. */
  async function beFastFor(milliseconds: number): Promise<void> {
    for (const end = now + milliseconds; now < end; now += 100) await call(0);
  }

  it('lets calls be made at once as long as they are answered at once', async () => {
    expect([await call(0), await call(19), await call(19)]).toEqual(['here', 'here', 'here']);
  });

  it('lets one slow call be made at once, and those after it in the pool', async () => {
    expect([await call(3000), await call(0), await call(0)]).toEqual([
      'here',
      'in the pool',
      'in the pool',
    ]);
  });

  it('does not blame the disk for calls that waited for a processor', async () => {
    for (let count = 0; count < 20; count++) {
      waited += 40;
      expect(await call(40)).toBe('here');
    }
    expect(pace.isFast).toBe(true);
  });

  it('finds a slow disk with the second call, where the machine was busy before', async () => {
    waited += 10_000;
    expect([await call(3000), await call(3000), await call(3000)]).toEqual([
      'here',
      'here',
      'in the pool',
    ]);
  });

  it('counts a call that fails slowly', async () => {
    const failing = () => {
      now += 3000;
      throw new Error('EIO');
    };
    expect(() => pace.run(failing, () => Promise.resolve())).toThrow('EIO');

    expect(pace.isFast).toBe(false);
  });

  it('trusts the disk again once it has answered fast, after some seconds', async () => {
    await call(3000);
    now += 4900;
    await call(0);
    expect(pace.isFast).toBe(false);
    now += 100;
    expect(pace.isFast).toBe(false);
    await call(0);
    expect(pace.isFast).toBe(true);
  });

  it('does not trust the disk as long as it is slow, however long that takes', async () => {
    await call(3000);
    for (let count = 0; count < 20; count++) expect(await call(1000)).toBe('in the pool');
    await call(0);
    expect(pace.isFast).toBe(true);
  });

  it('does not trust the disk while another call hangs', async () => {
    await call(3000);
    const hanging = new Call();
    const result = pace.run(
      () => 'here',
      () => hanging.done,
    );
    await beFastFor(10_000);
    expect(pace.isFast).toBe(false);
    hanging.end();
    await result;
    await call(0);
    expect(pace.isFast).toBe(true);
  });

  it('waits longer each time the disk turns out to be slow again', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 12; round++) {
      await call(3000);
      const slowSince = now;
      while (!pace.isFast) await beFastFor(100);
      waits.push(Math.round((now - slowSince) / 1000));
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(Math.max(...waits)).toBe(600);
  });

  it('forgets how often a disk was slow, once it was fast for as long', async () => {
    await call(3000);
    await beFastFor(60_000);
    await call(3000);
    await beFastFor(5200);
    expect(pace.isFast).toBe(true);
  });

  it('never trusts a disk that it was told not to', async () => {
    pace.distrust();
    await beFastFor(60_000);

    expect(await call(0)).toBe('in the pool');
  });
});
