import fc from 'fast-check';
import { backoff, longestBackoff } from '../../../lib/delivery/backoff.js';

const RULES = { attempts: 10, concurrency: 1, backoffFirst: 1000, backoffMax: 60_000 };

describe('backoff', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [100, 60_000],
    [5000, 60_000],
  ])('waits after attempt %d for %d ms', (attempt, expected) => {
    expect(backoff(attempt, RULES, 0)).toBe(expected);
  });

  it('spreads what failed together by a tenth at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const base = backoff(attempt, RULES, 0);
          const wait = backoff(attempt, RULES, random);
          expect(wait).toBeGreaterThanOrEqual(base);
          expect(wait).toBeLessThanOrEqual(base * 1.1 + 1e-9);
          expect(wait).toBeLessThanOrEqual(longestBackoff(RULES));
        },
      ),
    );
  });
});
