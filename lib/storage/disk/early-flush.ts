import { asError } from '../../errors/index.js';

/** Bytes that come between two flushes: what the last one has to wait for is not much more. */
const STEP = 16 * 1024 * 1024;

/** Bytes that come at most since a flush has begun: a client that is faster than the disk waits for it. */
const AHEAD = 2 * STEP;

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
   * @param onDisk the flushes that run on the same disk: another one may hang, and hold up nothing here
   */
  constructor(
    flushed: number,
    private readonly flush: (size: number) => Promise<void>,
    private readonly onDisk: Set<Promise<void>>,
  ) {
    this.begunAt = flushed;
  }

  /** Whether so much has come since the last flush that one is to begin. */
  static isDue(size: number, flushed: number): boolean {
    return size - flushed >= STEP;
  }

  /**
   * Begins a flush when enough has come since the last one, and few others run.
   *
   * @returns what more bytes are to wait for, where the disk does not keep up
   */
  advance(size: number): Promise<void> | undefined {
    const isDue = EarlyFlush.isDue(size, this.begunAt) && running < MOST;
    if (isDue && !this.current && this.fault === undefined) this.begin(size);
    const mustWait = this.onDisk.size > 0 && this.isFarAhead(size);
    return mustWait ? this.waitForDisk(size) : undefined;
  }

  private begin(size: number): void {
    this.begunAt = size;
    const current = this.flush(size)
      .catch((error: unknown) => void (this.fault = asError(error)))
      .finally(() => {
        running -= 1;
        this.onDisk.delete(current);
        this.current = undefined;
      });
    running += 1;
    this.onDisk.add(current);
    this.current = current;
  }

  /** A fault is told of when the bytes are. */
  private isFarAhead(size: number): boolean {
    return size - this.begunAt >= AHEAD && this.fault === undefined;
  }

  private async waitForDisk(size: number): Promise<void> {
    await (this.current ?? Promise.race(this.onDisk));
    await this.advance(size);
  }

  /** Returns once none runs. */
  async settled(): Promise<void> {
    await this.current;
  }
}
