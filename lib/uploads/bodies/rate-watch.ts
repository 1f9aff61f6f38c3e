/** Milliseconds over which a rate is averaged, where the idle timeout is not shorter. */
const LONGEST_WINDOW = 10_000;

/** Sees to it that bytes come at a least rate, with one timer for each window and none for bytes. */
export class RateWatch {
  private readonly timer: NodeJS.Timeout;
  private readonly least: number;
  private received = 0;
  private isHeldUp = false;

  /**
   * @param minRate bytes a second
   * @param idleTimeout milliseconds; a rate is averaged over them, or over 10 seconds if that is less
   * @param onSlow called for every window with too few bytes
   */
  constructor(
    minRate: number,
    idleTimeout: number,
    private readonly onSlow: () => void,
  ) {
    const window = Math.min(idleTimeout, LONGEST_WINDOW);
    this.least = (minRate * window) / 1000;
    // After one more turn, so that bytes count which came while the process was busy.
    this.timer = setInterval(() => setImmediate(() => this.judge()), window);
  }

  /** Says that bytes have come. */
  count(bytes: number): void {
    this.received += bytes;
  }

  /** Says that the sender is, or was until now, made to wait: nothing can be said of this window. */
  excuse(): void {
    this.isHeldUp = true;
  }

  stop(): void {
    clearInterval(this.timer);
    this.isHeldUp = true;
  }

  private judge(): void {
    if (!this.isHeldUp && this.received < this.least) this.onSlow();
    this.received = 0;
    this.isHeldUp = false;
  }
}
