import { summedThroughput } from '../../../lib/dashboard/summed-throughput.js';

const at = (until: number, bytes: number[]) => ({ step: 2000, until: new Date(until), bytes });

describe('The throughput of several processes', () => {
  it('is that of each at the same time', () => {
    const own = at(10_000, [1, 2, 3]);

    expect(summedThroughput(own, []).bytes).toEqual([1, 2, 3]);
    expect(summedThroughput(own, [at(10_000, [10, 20, 30])]).bytes).toEqual([11, 22, 33]);
  });

  it('leaves out what is beyond its own steps, where clocks differ', () => {
    const own = at(10_000, [1, 2, 3]);

    expect(summedThroughput(own, [at(8000, [10, 20, 30])]).bytes).toEqual([21, 32, 3]);
    expect(summedThroughput(own, [at(12_000, [10, 20, 30])]).bytes).toEqual([1, 12, 23]);
    expect(summedThroughput(own, [at(90_000, [10, 20, 30])]).bytes).toEqual([1, 2, 3]);
  });
});
