import fc from 'fast-check';
import { planCopies, splitRange } from '../../../../lib/storage/s3/copying/copy-plan.js';
import { LARGEST_PART, SMALLEST_PART } from '../../../../lib/storage/s3/part-plan.js';

const GIB = 1024 ** 3;

describe('a plan of copies', () => {
  it('has every byte once, in order, in parts that stores take', () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 3 * SMALLEST_PART }),
      fc.integer({ min: 0, max: 20 * GIB }),
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 20 }), (sizes) => {
        const sources = sizes.map((each) => ({ size: each }));
        const plan = planCopies(sources);
        const ranges = plan.flatMap((part) => (part.kind === 'sent' ? part.ranges : [part.range]));
        let [source, at] = [0, 0];
        for (const range of ranges) {
          while (sources[source]?.size === at) [source, at] = [source + 1, 0];
          expect(range.source).toBe(sources[source]);
          expect(range.start).toBe(at);
          at = range.end + 1;
        }
        while (sources[source]?.size === at) [source, at] = [source + 1, 0];
        expect(source).toBe(sources.length);
        plan.forEach((part, index) => {
          const each = part.kind === 'sent' ? part.ranges : [part.range];
          const bytes = each.reduce((total, { start, end }) => total + end - start + 1, 0);
          expect(bytes).toBeLessThanOrEqual(LARGEST_PART);
          if (index < plan.length - 1) expect(bytes).toBeGreaterThanOrEqual(SMALLEST_PART);
          if (part.kind === 'sent') expect(bytes).toBeLessThanOrEqual(SMALLEST_PART);
        });
      }),
    );
  });

  it('splits what is over 5 GiB into ranges of much the same size', () => {
    const ranges = splitRange({ start: 10, end: 12 * GIB });
    expect(ranges).toHaveLength(3);
    expect(ranges[0]?.start).toBe(10);
    expect(ranges.at(-1)?.end).toBe(12 * GIB);
  });
});
