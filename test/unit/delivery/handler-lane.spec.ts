import { HandlerLane } from '../../../lib/delivery/handler-lane.js';
import { delivery } from '../registry/records.js';

/** A lane with so many places, whose handler took so many milliseconds when it was called last. */
function lane(concurrency: number, took?: number): HandlerLane {
  const made = new HandlerLane(() => concurrency);
  if (took === undefined) return made;
  made.hold();
  made.add(delivery('earlier'));
  made.begin();
  made.end(took);
  made.settle();
  return made;
}

/** Begins as many deliveries as it lets, of so many that come. */
function fill(filled: HandlerLane, count: number): number {
  for (let come = 0; come < count; come++) {
    filled.hold();
    filled.add(delivery(String(come)));
  }
  let begun = 0;
  while (filled.begin()) begun += 1;
  return begun;
}

describe('the lane of a handler', () => {
  it('has a place for each delivery that may run, while nothing is known of the handler', () => {
    const free = lane(3);
    expect(free.room).toBe(3);
    expect([free.reserve(), free.reserve(), free.reserve(), free.reserve()]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    [0, 65],
    [1, 65],
    [10, 11],
    [50, 3],
    [100, 2],
    [101, 1],
    [60_000, 1],
  ])('lets those wait that are begun soon: with calls of %d ms, %d for a place', (took, places) => {
    expect(lane(1, took).room).toBe(places);
    expect(lane(4, took).room).toBe(4 * places);
  });

  it('begins no more than may run, and goes on when one has returned', () => {
    const busy = lane(2, 0);
    expect(fill(busy, 5)).toBe(2);
    expect(busy.waited).toBeGreaterThanOrEqual(0);
    busy.end(0);
    expect(busy.begin()?.uploadId).toBe('2');
    expect(busy.begin()).toBeUndefined();
    expect(busy.clear().map(({ uploadId }) => uploadId)).toEqual(['3', '4']);
    expect(busy.waited).toBeUndefined();
  });

  it('has its place again once a call has returned, and before its outcome is stored', () => {
    const one = lane(1);
    expect(fill(one, 1)).toBe(1);
    expect(one.room).toBe(0);
    one.end(60_000);
    expect(one.room).toBe(1);
  });

  it('begins nothing while too many outcomes wait to be stored', () => {
    const slow = lane(300);
    expect(fill(slow, 300)).toBe(300);
    for (let ended = 0; ended < 256; ended++) slow.end(0);
    expect([slow.room, fill(slow, 1), slow.reserve()]).toEqual([0, 0, false]);
    slow.settle();
    expect(slow.begin()).toBeDefined();
  });

  it('keeps no place while older deliveries wait in the registry, but takes those', () => {
    const behind = lane(2);
    behind.isBehind = true;
    expect(behind.reserve()).toBe(false);
    expect(behind.room).toBe(2);
    behind.isBehind = false;
    expect(behind.reserve()).toBe(true);
    behind.cancel();
    expect(behind.room).toBe(2);
  });
});
