import fc from 'fast-check';
import {
  countOf,
  includesPart,
  withPart,
  type PartNumbers,
} from '../../../../lib/storage/s3/part-numbers.js';

describe('numbers of parts', () => {
  it('are what was added, and take no more room for many than for a few', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(numbers, (unordered) => {
        const added = [...unordered].sort((one, other) => one - other);
        const all = added.reduce<PartNumbers>(withPart, []);
        expect(countOf(all)).toBe(added.length);
        for (let number = 1; number <= 200; number += 1) {
          expect(includesPart(all, number)).toBe(added.includes(number));
        }
      }),
    );
    let many: PartNumbers = [];
    for (let number = 1; number <= 9999; number += 1) many = withPart(many, number);
    expect(many).toEqual([1, 9999]);
  });

  it('only rise', () => {
    expect(() => withPart([1, 3], 3)).toThrow(RangeError);
    expect(() => withPart([1, 3], 2)).toThrow(RangeError);
  });
});
