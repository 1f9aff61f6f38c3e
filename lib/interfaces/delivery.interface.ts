import type { DeliveryState } from '../registry/index.js';

/**
 * A finished upload on its way to one `@OnUploadFinished()` handler.
 *
 * @publicApi
 */
export interface Delivery {
  /** Id of the upload. */
  readonly uploadId: string;

  /** `Class#method`, or the `id` its decorator was given. */
  readonly handler: string;

  /** Where it stands. */
  readonly state: DeliveryState;

  /** How many attempts have begun. */
  readonly attempt: number;

  /** When the next attempt is due; only while it waits. */
  readonly dueAt?: Date;

  /** Since when the attempt runs; only while it runs. */
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
   * Aborted when the app shuts down, and when the handler's `timeout` is over.
   *
   * At a shutdown the handler then has 0.8 seconds to return. If it throws or does not return, it
   * is called again at the next start, and what it throws counts as no attempt. After its `timeout`
   * it has a second to return; else the attempt has failed. Give the signal to what the handler
   * waits for, as in `fetch(url, { signal })`.
   */
  readonly signal: AbortSignal;
}
