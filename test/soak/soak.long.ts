import { PLATFORMS } from '../support/platforms.js';
import { ERRANDS } from './errands/index.js';
import { growthOf, type MemorySample } from './growth.js';
import { runSoak } from './soak-run.js';

describe.each(PLATFORMS)('a soak of a moment on %s', (platform) => {
  it('runs every errand, and all goes as it is to go', async () => {
    const report = await runSoak({ platform, seed: 1, time: 1000, clients: 10, every: 400 });

    expect(report.failures).toEqual([]);
    expect(Object.keys(report.done).sort()).toEqual(ERRANDS.map(({ name }) => name).sort());
    expect(report.samples.length).toBeGreaterThan(0);
  });
});

describe('the growth of memory', () => {
  /** A sample each second, of so many bytes. */
  const sampled = (seconds: number, rss: (second: number) => number): MemorySample[] =>
    Array.from({ length: seconds }, (_, second) => ({ at: second * 1000, rss: rss(second) }));

  it('is none where it goes up at the start, and then up and down', () => {
    const samples = sampled(200, (second) => Math.min(second, 100) * 1000 + (second % 2));
    expect(growthOf(samples, 120_000, 30_000)).toBeCloseTo(0, -1);
  });

  it('is what a leak adds from the first to the last window', () => {
    const samples = sampled(601, (second) => second * 100);
    expect(growthOf(samples, 120_000, 30_000)).toBe((585.5 - 134.5) * 100);
  });

  it('does not see one sample that is far out', () => {
    const samples = sampled(200, (second) => (second === 199 ? 1e9 : 1000));
    expect(growthOf(samples, 120_000, 30_000)).toBe(0);
  });

  it('is unknown before there are two windows', () => {
    expect(
      growthOf(
        sampled(170, () => 1),
        120_000,
        30_000,
      ),
    ).toBeUndefined();
    expect(growthOf([], 120_000, 30_000)).toBeUndefined();
  });
});
