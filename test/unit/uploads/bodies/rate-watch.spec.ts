import { RateWatch } from '../../../../lib/uploads/bodies/rate-watch.js';

const SECOND = 1000;

describe('a watch on a rate of 100 bytes a second', () => {
  let slow: number;
  let watch: RateWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    slow = 0;
  });
  afterEach(() => {
    watch.stop();
    jest.useRealTimers();
  });

  function start(idleTimeout: number): void {
    watch = new RateWatch(100, idleTimeout, () => (slow += 1));
  }

  /** Lets time pass, and the turn after it. */
  function pass(milliseconds: number): void {
    jest.advanceTimersByTime(milliseconds);
    jest.advanceTimersByTime(1);
  }

  it('averages over ten seconds', () => {
    start(60 * SECOND);
    watch.count(999);
    pass(9 * SECOND);
    expect(slow).toBe(0);
    pass(SECOND);
    expect(slow).toBe(1);
  });

  it('averages over the idle timeout where that is shorter', () => {
    start(2 * SECOND);
    watch.count(199);
    pass(2 * SECOND);
    expect(slow).toBe(1);
  });

  it('is content with just as many bytes, whenever they come', () => {
    start(60 * SECOND);
    watch.count(1);
    pass(9 * SECOND);
    watch.count(999);
    pass(SECOND);
    expect(slow).toBe(0);
  });

  it('asks for them anew in every window', () => {
    start(60 * SECOND);
    watch.count(1_000_000);
    pass(10 * SECOND);
    expect(slow).toBe(0);
    pass(10 * SECOND);
    expect(slow).toBe(1);
  });

  it('says nothing of a window in which the sender was made to wait, and goes on after it', () => {
    start(60 * SECOND);
    watch.excuse();
    pass(10 * SECOND);
    expect(slow).toBe(0);
    pass(10 * SECOND);
    expect(slow).toBe(1);
  });

  it('counts bytes that came while the process was busy', () => {
    start(60 * SECOND);
    jest.advanceTimersToNextTimer();
    watch.count(1000);
    jest.advanceTimersToNextTimer();
    expect(slow).toBe(0);
  });

  it('says nothing any more once it is stopped', () => {
    start(60 * SECOND);
    jest.advanceTimersToNextTimer();
    watch.stop();
    pass(60 * SECOND);
    expect(slow).toBe(0);
  });
});
