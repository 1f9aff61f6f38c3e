/** Seconds that a chart looks back. */
export const SECONDS = 60;

/** Seconds over which a rate is taken, so that it is steady and still follows. */
const RATE_SECONDS = 3;

/** How many bytes came in each second of the last minute. */
export class Minute {
  /** The newest second last; a chart needs one more on each side of what it shows. */
  values = Array.from({ length: SECONDS + 2 }, () => 0);
  #current = 0;

  add(bytes) {
    this.#current += bytes;
  }

  /** Ends a second. */
  tick() {
    this.values.shift();
    this.values.push(this.#current);
    this.#current = 0;
  }

  /** Bytes a second, now. */
  get rate() {
    const last = this.values.slice(-RATE_SECONDS);
    return last.reduce((sum, value) => sum + value) / RATE_SECONDS;
  }

  /** The most in a second. */
  get peak() {
    return Math.max(...this.values);
  }
}

/** The next round number: a scale that changes seldom, and is easy to read. */
export function scaleFor(peak) {
  const power = 10 ** Math.floor(Math.log10(Math.max(peak, 10_000)));
  return [1, 1.5, 2, 3, 4, 6, 8, 10].map((step) => step * power).find((scale) => scale >= peak);
}
