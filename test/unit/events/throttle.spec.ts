import { setTimeout as pause } from 'node:timers/promises';
import { Throttle } from '../../../lib/events/throttle.js';
import { Calls } from '../../support/calls.js';
import { Gate } from '../../support/gate.js';

describe('a throttle', () => {
  let told: Calls<string>;
  beforeEach(() => {
    told = new Calls();
  });

  /** A throttle whose listener does something more with each value; nothing unless told. */
  function throttleOf(interval: number, work: (value: string) => unknown = () => undefined) {
    return new Throttle<string>(interval, async (value) => {
      told.add(value);
      await work(value);
    });
  }

  it('passes the first value on at once', () => {
    throttleOf(3_600_000).offer('key', 'first');

    expect(told.all).toEqual(['first']);
  });

  it('passes of all that come meanwhile only the latest on', async () => {
    const gate = new Gate();
    const throttle = throttleOf(1, () => gate.pass());
    for (const value of ['first', 'second', 'third']) throttle.offer('key', value);

    gate.open();

    expect(await told.atLeast(2)).toEqual(['first', 'third']);
  });

  it('lets the interval go by between two values', async () => {
    const times: number[] = [];
    const throttle = throttleOf(40, () => times.push(performance.now()));
    for (const value of ['first', 'second']) throttle.offer('key', value);

    await told.atLeast(2);

    // Timers count whole milliseconds, and may be early by less than one of them.
    expect(times[1]! - times[0]!).toBeGreaterThan(38);
  });

  it('waits for its listener, however long that takes', async () => {
    const gate = new Gate();
    const throttle = throttleOf(1, () => gate.pass());
    throttle.offer('key', 'first');
    throttle.offer('key', 'second');
    await pause(5);
    const meanwhile = [...told.all];

    gate.open();

    expect(meanwhile).toEqual(['first']);
    expect(await told.atLeast(2)).toEqual(['first', 'second']);
  });

  it('holds no key up for another', () => {
    const throttle = throttleOf(3_600_000);

    throttle.offer('one', 'first of one');
    throttle.offer('two', 'first of two');

    expect(told.all).toEqual(['first of one', 'first of two']);
  });

  it('forgets what waits when it is dropped, and passes later values on', async () => {
    const gate = new Gate();
    const throttle = throttleOf(1, (value) => (value === 'first' ? gate.pass() : undefined));
    throttle.offer('key', 'first');
    throttle.offer('key', 'second');
    throttle.offer('other', 'of another');
    throttle.drop('key');
    throttle.drop('unknown');
    throttle.offer('key', 'third');

    gate.open();

    expect(await told.atLeast(3)).toEqual(['first', 'of another', 'third']);
  });

  it('begins anew after it has come to rest', async () => {
    const throttle = throttleOf(1);
    throttle.offer('key', 'first');
    await pause(10);

    throttle.offer('key', 'second');

    expect(told.all).toEqual(['first', 'second']);
  });

  it('forgets all that waits when it is cleared', async () => {
    const throttle = throttleOf(20);
    for (const key of ['one', 'two']) {
      throttle.offer(key, `first of ${key}`);
      throttle.offer(key, `second of ${key}`);
    }

    throttle.clear();

    // A timer of the same length that begins later ends later.
    await pause(20);
    await pause(1);
    expect(told.all).toEqual(['first of one', 'first of two']);
  });
});
