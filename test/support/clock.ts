/** A clock that is set by hand; timers and the file system go on as they are. */
export interface Clock {
  /** What the clock shows, in milliseconds since the epoch. */
  now(): number;
  /** Sets it to a moment, at which it stands still. */
  set(time: number): void;
  /** Puts it forward; it goes on from there. */
  advance(milliseconds: number): void;
}

/** Puts a clock in the place of `Date.now()` for each test of a `describe`. */
export function useClock(): Clock {
  const real = Date.now;
  let read = real;
  beforeEach(() => {
    read = real;
    jest.spyOn(Date, 'now').mockImplementation(() => read());
  });
  afterEach(() => void jest.restoreAllMocks());

  return {
    now: () => read(),
    set: (time) => {
      read = () => time;
    },
    advance: (milliseconds) => {
      const ahead = read() - real() + milliseconds;
      read = () => real() + ahead;
    },
  };
}
