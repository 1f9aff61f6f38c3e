import type { Duration } from './option-values.interface.js';
import type { UploadDraft } from './hooks.interface.js';
import type { UploadDescription } from './upload.interface.js';

/**
 * Options of all decorators of handlers.
 *
 * @publicApi
 */
export interface HandlerOptions<T = UploadDescription> {
  /**
   * Name of the instance whose uploads the method is called for; the app does not start if there is
   * no such instance.
   *
   * @default the instance without a name
   */
  instance?: string;

  /**
   * Name of the handler in the log, and under which deliveries to it are kept across restarts.
   * Give one where the class or the method may be renamed.
   *
   * @default 'Class#method'
   */
  id?: string;

  /**
   * Tells which uploads the method is called for. For `@OnUploadFinished()` it is asked once, when
   * the upload is finished; when it throws, the method is called.
   *
   * @default all
   */
  when?(this: void, upload: T): boolean;
}

/**
 * Options of `@OnUploadFinished()`.
 *
 * @publicApi
 */
export interface OnUploadFinishedOptions extends HandlerOptions {
  /**
   * How many attempts may throw before a delivery is given up. Attempts that end with their process
   * are counted apart: three times as many may.
   *
   * @default the module's `delivery.attempts`
   */
  attempts?: number;

  /** Time between two attempts, where it differs from the module's `delivery.backoff`. */
  backoff?: {
    /** The first pause; each is twice as long as the one before. */
    first?: Duration;
    /** The longest one. */
    max?: Duration;
  };

  /**
   * How many of its deliveries run at the same time in this process.
   *
   * @default the module's `delivery.concurrency`
   */
  concurrency?: number;

  /**
   * How long an attempt may take; `false` for any time. See the module's `delivery.timeout`.
   *
   * @default the module's `delivery.timeout`
   */
  timeout?: Duration | false;
}

/**
 * Options of `@OnUploadProgress()`.
 *
 * @publicApi
 */
export interface OnUploadProgressOptions extends HandlerOptions {
  /**
   * Shortest time between two calls for the same upload.
   *
   * @default 1
   */
  every?: Duration;
}

/**
 * Options of `@BeforeUploadCreate()`.
 *
 * @publicApi
 */
export type BeforeUploadCreateOptions = HandlerOptions<UploadDraft>;

/**
 * Options of `@BeforeUploadFinish()`.
 *
 * @publicApi
 */
export interface BeforeUploadFinishOptions extends HandlerOptions {
  /**
   * Keeps what is refused: the upload becomes `quarantined`, out of its client's reach, until
   * `TusService.release()` or `terminate()`.
   *
   * @default false: it is removed
   */
  quarantine?: boolean;
}
