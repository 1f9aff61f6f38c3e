import fc from 'fast-check';
import {
  LARGEST_PART,
  LAST_PART,
  SMALLEST_PART,
  smallestPart,
  usualPart,
} from '../../../../lib/storage/s3/part-plan.js';

const MIB = 1024 * 1024;
const TIB = MIB * MIB;
const USUAL = 8 * MIB;

/** Sends bytes in requests of some size, and tells with which number the last part goes. */
function lastNumber(total: number, request: number, length?: number): number {
  let [next, size, rest] = [1, 0, 0];
  for (let sent = 0; sent < total; sent += request) {
    rest += Math.min(request, total - sent);
    for (;;) {
      const outlook = { next, size, length };
      const part = usualPart(outlook, USUAL);
      const isFull = rest >= part + smallestPart(outlook);
      if (!isFull && rest < smallestPart(outlook)) break;
      const taken = isFull ? part : Math.min(rest, LARGEST_PART);
      [next, size, rest] = [next + 1, size + taken, rest - taken];
    }
  }
  return next;
}

describe('parts', () => {
  it('are of the usual size, where there is room', () => {
    expect(usualPart({ next: 1, size: 0, length: 100 * MIB }, USUAL)).toBe(USUAL);
    expect(usualPart({ next: 1, size: 0 }, USUAL)).toBe(USUAL);
    expect(smallestPart({ next: 1, size: 0 })).toBe(SMALLEST_PART);
    expect(smallestPart({ next: 999, size: 5000 * MIB })).toBe(SMALLEST_PART);
  });

  it.each([5 * TIB, 100_000 * MIB, TIB])(
    'of %d bytes have numbers that are enough, known or not, in one request or many',
    (total) => {
      for (const request of [total, 1024 * MIB, 512 * MIB]) {
        expect(lastNumber(total, request, total)).toBeLessThanOrEqual(LAST_PART);
        expect(lastNumber(total, request)).toBeLessThanOrEqual(LAST_PART);
      }
    },
  );

  it('are never smaller or larger than stores take, whatever was lost of the numbers', () => {
    const outlook = fc.record({
      next: fc.integer({ min: 1, max: LAST_PART - 1 }),
      size: fc.integer({ min: 0, max: 5 * TIB }),
      length: fc.option(fc.constant(5 * TIB), { nil: undefined }),
    });
    fc.assert(
      fc.property(outlook, (where) => {
        const least = smallestPart(where);
        expect(least).toBeGreaterThanOrEqual(SMALLEST_PART);
        expect(least).toBeLessThanOrEqual(LARGEST_PART);
      }),
    );
  });
});
