import { asError } from '../../errors/index.js';

/** Bytes that come between two flushes: what the last one has to wait for is not much more. */
const STEP = 16 * 1024 * 1024;

/** Flushes at the same time in this process: each takes one of Node's few threads for files. */
const MOST = 2;

/** How many run now. */
let running = 0;

/**
 * Flushes a file while it is written, so that the wait for the last flush does not grow with the size of
 * the file. One that fails is told of by the next flush that is waited for.
 */
export class EarlyFlush {
  /** What a flush has failed with. */
  fault?: Error;
  private current?: Promise<void>;
  private begunAt: number;

  /**
   * @param flushed bytes of the file that were flushed before
   * @param flush flushes the file, of which the first bytes, so many, are written
   */
  constructor(
    flushed: number,
    private readonly flush: (size: number) => Promise<void>,
  ) {
    this.begunAt = flushed;
  }

  /** Whether so much has come since the last flush that one is to begin. */
  static isDue(size: number, flushed: number): boolean {
    return size - flushed >= STEP;
  }

  /** Begins a flush when enough has come since the last one, and few others run. */
  advance(size: number): void {
    const isDue = EarlyFlush.isDue(size, this.begunAt) && running < MOST;
    if (!isDue || this.current || this.fault !== undefined) return;
    this.begunAt = size;
    running += 1;
    this.current = this.flush(size)
      .catch((error: unknown) => void (this.fault = asError(error)))
      .finally(() => {
        running -= 1;
        this.current = undefined;
      });
  }

  /** Returns once none runs. */
  async settled(): Promise<void> {
    await this.current;
  }
}
