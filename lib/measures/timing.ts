/**
 * How long something took, over all times it was done.
 *
 * @publicApi
 */
export interface TimingStats {
  /** How often. */
  readonly count: number;
  /** Milliseconds altogether. */
  readonly sum: number;
  /** Milliseconds of the longest time. */
  readonly longest: number;
}

/** Adds up how long something takes. */
export class Timing {
  private count = 0;
  private sum = 0;
  private longest = 0;

  add(milliseconds: number): void {
    this.count += 1;
    this.sum += milliseconds;
    if (milliseconds > this.longest) this.longest = milliseconds;
  }

  stats(): TimingStats {
    const { count, sum, longest } = this;
    return { count, sum, longest };
  }
}
