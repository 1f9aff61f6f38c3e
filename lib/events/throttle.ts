import { setTimeout as pause } from 'node:timers/promises';

/**
 * Passes values on no faster than its listener and its interval allow: the first one at once, then
 * the latest one each time, if there is one.
 */
export class Throttle<T> {
  /** By key, the latest value that waits for its turn. */
  private readonly waiting = new Map<string, T | undefined>();

  /**
   * @param interval milliseconds between two calls for the same key
   * @param tell must not throw
   */
  constructor(
    private readonly interval: number,
    private readonly tell: (value: T) => Promise<void>,
  ) {}

  offer(key: string, value: T): void {
    if (this.waiting.has(key)) {
      this.waiting.set(key, value);
      return;
    }
    this.waiting.set(key, undefined);
    void this.run(key, value);
  }

  /** Forgets what waits: something more important has happened. */
  drop(key: string): void {
    if (this.waiting.has(key)) this.waiting.set(key, undefined);
  }

  /** Forgets all that waits. */
  clear(): void {
    for (const key of this.waiting.keys()) this.waiting.set(key, undefined);
  }

  private async run(key: string, first: T): Promise<void> {
    let value: T | undefined = first;
    while (value !== undefined) {
      await Promise.all([this.tell(value), pause(this.interval, undefined, { ref: false })]);
      value = this.waiting.get(key);
      if (value !== undefined) this.waiting.set(key, undefined);
    }
    this.waiting.delete(key);
  }
}
