import { Throughput } from '../../../lib/measures/throughput.js';
import { useClock } from '../../support/clock.js';

/** A moment at which a step begins. */
const START = 1_800_000_000_000;

describe('Throughput', () => {
  const clock = useClock();

  it('counts bytes by steps of two seconds, the oldest first', () => {
    clock.set(START + 100);
    const throughput = new Throughput();
    throughput.add(5);
    clock.set(START + 1999);
    throughput.add(6);
    clock.set(START + 2000);
    throughput.add(7);
    clock.set(START + 6000);

    const { step, until, bytes } = throughput.stats();

    expect([step, until.getTime()]).toEqual([2000, START + 8000]);
    expect(bytes).toHaveLength(150);
    expect(bytes.slice(-4)).toEqual([11, 7, 0, 0]);
  });

  it('forgets what came more than five minutes ago, however long nothing is asked', () => {
    clock.set(START);
    const throughput = new Throughput();
    throughput.add(5);
    clock.set(START + 149 * 2000);
    expect(throughput.stats().bytes[0]).toBe(5);

    clock.set(START + 150 * 2000);
    expect(throughput.stats().bytes).not.toContain(5);

    throughput.add(6);
    clock.set(START + 5000 * 2000);
    expect(throughput.stats().bytes).not.toContain(6);
  });

  it('goes on with the last step when the clock is set back', () => {
    clock.set(START);
    const throughput = new Throughput();
    throughput.add(5);
    clock.set(START - 3_600_000);
    throughput.add(6);

    expect(throughput.stats().bytes.at(-1)).toBe(11);
    clock.set(START + 2000);
    expect(throughput.stats().bytes.slice(-2)).toEqual([11, 0]);
  });
});
