import { LONGEST_TIMER } from '../options/index.js';

/** What a signal is aborted with when the time is over. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';

  constructor(milliseconds: number) {
    super(`It did not return within ${milliseconds / 1000} s.`);
    // The stack would not show what takes so long.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** The time that something may take, which a shutdown ends too. */
export class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly endEarly = () => this.controller.abort(this.shutdown.reason);

  constructor(
    milliseconds: number,
    private readonly shutdown: AbortSignal,
  ) {
    if (shutdown.aborted) this.endEarly();
    shutdown.addEventListener('abort', this.endEarly);
    const isOver = () => this.controller.abort(new OutOfTimeError(milliseconds));
    this.timer = setTimeout(isOver, Math.min(milliseconds, LONGEST_TIMER)).unref();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Waits for work, or the end of the time.
   *
   * @returns whether the work has come to its end
   * @throws what the work throws
   */
  async allows(work: Promise<unknown>): Promise<boolean> {
    const { signal } = this;
    const isOver = new Promise<false>((resolve) => {
      if (signal.aborted) resolve(false);
      signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    return Promise.race([work.then(() => true), isOver]);
  }

  /** To be called when there is nothing to limit any more. */
  end(): void {
    clearTimeout(this.timer);
    this.shutdown.removeEventListener('abort', this.endEarly);
  }
}
