import type { DeliveryState } from '../registry/index.js';

/**
 * A finished upload on its way to one `@OnUploadFinished()` handler.
 *
 * @publicApi
 */
export interface Delivery {
  readonly uploadId: string;

  /** `Class#method`, or the `id` its decorator was given. */
  readonly handler: string;

  readonly state: DeliveryState;

  /** How many attempts have begun. */
  readonly attempt: number;

  /** When the next attempt is due, of one that waits. */
  readonly dueAt?: Date;

  /** Since when the attempt runs, of one that is running. */
  readonly startedAt?: Date;

  /** Message of the last failure. */
  readonly error?: string;
}

/**
 * The second argument of an `@OnUploadFinished()` handler.
 *
 * @publicApi
 */
export interface DeliveryContext {
  /**
   * Aborted when the app shuts down, and when the handler's `timeout` is over. What a handler returns
   * or throws is heard up to 0.8 seconds after the beginning of the first, and a second after the
   * second.
   *
   * At a shutdown, one that throws, or does neither, is called again at the next start, and no attempt
   * is counted for what it throws. After its `timeout`, one that throws, or does neither, has failed.
   * Give the signal to what the handler waits for, as in `fetch(url, { signal })`.
   */
  readonly signal: AbortSignal;
}
