/** Milliseconds in which a request to the store must have an answer, or some of its bytes have left. */
export const SILENCE = 30_000;

/** The same of what the store does by itself: it may copy 5 GiB, or join 10,000 parts. */
export const LONG_WORK = 10 * 60_000;

/** Ends a request to which the store does not answer, so that it holds no memory for ever. */
export class SilenceLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = () => this.controller.abort(this.caller?.reason);

  /** @param caller ends the request too */
  constructor(
    milliseconds: number,
    private readonly caller?: AbortSignal,
  ) {
    const error = new Error(`The store has not answered for ${milliseconds / 1000} seconds.`);
    error.name = 'TimeoutError';
    this.timer = setTimeout(() => this.controller.abort(error), milliseconds).unref();
    caller?.addEventListener('abort', this.onAbort);
    if (caller?.aborted) this.onAbort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends it at once. */
  end(reason: unknown): void {
    this.controller.abort(reason);
  }

  /** What an error of the request means: the client's own says only that it was ended. */
  reasonFor(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  /** Says that bytes have moved. */
  refresh(): void {
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.onAbort);
  }
}
