import type { TimingStats } from './timing.js';

/**
 * What an instance has done in this process since its start, as `TusService.stats()` has it.
 *
 * Counts only grow, so that they can be read at any interval.
 *
 * @publicApi
 */
export interface TusStats {
  /** Since when it counts. */
  readonly since: Date;
  /** Uploads that came to a state here. */
  readonly uploads: Readonly<Record<UploadChangeName, number>>;
  /** Requests that brought bytes. */
  readonly appends: AppendStats;
  /** Requests that were refused, by `RefusedMessage.reason`. */
  readonly refused: Readonly<Record<string, number>>;
  /** Calls of handlers. */
  readonly deliveries: DeliveryStats;
  /** The last cleanup pass that was made here; absent: another process made them, or there was none. */
  readonly cleanup?: PassStats;
  /** The repair after the start of this process; absent: it runs, or is left to other processes. */
  readonly recovery?: PassStats;
}

/**
 * A cleanup pass, or the recovery after a start.
 *
 * @publicApi
 */
export interface PassStats {
  /** When it ended. */
  readonly endedAt: Date;
  /** What was done, by name and number: those of `CleanupReport`, or what the log says of a recovery. */
  readonly counts: Readonly<Record<string, number>>;
  /** Why it broke off; absent: it came to its end. */
  readonly error?: string;
}

/**
 * A request that brings bytes at the moment.
 *
 * @publicApi
 */
export interface RunningAppend {
  /** Id of the upload. */
  readonly uploadId: string;
  /** Since when. */
  readonly since: Date;
  /** Bytes that the upload has by now. */
  readonly offset: number;
  /** How many of them this request has brought. */
  readonly bytes: number;
}

/**
 * Bytes that came in the last five minutes.
 *
 * @publicApi
 */
export interface ThroughputStats {
  /** Milliseconds of a step. */
  readonly step: number;
  /** When the last step ends, a multiple of `step`, so that those of several processes can be added. */
  readonly until: Date;
  /** Bytes received in each step, the oldest first; the last one is not over. */
  readonly bytes: readonly number[];
}

/**
 * What becomes of an upload.
 *
 * @publicApi
 */
export type UploadChangeName = 'created' | 'finished' | 'terminated' | 'expired' | 'quarantined';

/**
 * The requests that brought bytes, or were to.
 *
 * @publicApi
 */
export interface AppendStats {
  /** How many there are at the moment. */
  readonly running: number;
  /** How many have ended. */
  readonly ended: number;
  /** Bytes that they brought, and that were kept. */
  readonly bytes: number;
  /** How many let go of their upload for a newer request. */
  readonly takenOver: number;
  /** How many lost their upload to another process, for this one did not answer. */
  readonly fenced: number;
  /** How long they took, in milliseconds. */
  readonly duration: TimingStats;
  /** How long clients waited after the last byte of their upload, in milliseconds. */
  readonly lastWait: TimingStats;
}

/**
 * The calls of `@OnUploadFinished()` handlers.
 *
 * @publicApi
 */
export interface DeliveryStats {
  /** How many succeeded. */
  readonly done: number;
  /** How many are tried again. */
  readonly retried: number;
  /** How many were given up. */
  readonly dead: number;
  /** How long a call took, in milliseconds. */
  readonly duration: TimingStats;
}

/**
 * Which instance a message on a channel is of; those without a name have `undefined`.
 *
 * @publicApi
 */
interface OfInstance {
  /** The instance's `name`; `undefined` for the one without. */
  readonly instance: string | undefined;
}

/**
 * Message of the channels `nestjs-tus:created`, `:finished`, `:terminated`, `:expired` and
 * `:quarantined`.
 *
 * @publicApi
 */
export interface UploadMessage extends OfInstance {
  /** Id of the upload. */
  readonly uploadId: string;
  /** Bytes that the upload has, or will have; absent while that is deferred. */
  readonly length?: number;
  /** What the `owner` option returned at its creation. */
  readonly owner?: string;
}

/**
 * Message of the channel `nestjs-tus:append`: a request that brought bytes has ended.
 *
 * @publicApi
 */
export interface AppendMessage extends OfInstance {
  /** Id of the upload. */
  readonly uploadId: string;
  /** Bytes that it brought, and that were kept. */
  readonly bytes: number;
  /** Milliseconds that it took. */
  readonly duration: number;
  /** Milliseconds that its client waited after the last byte of the upload. */
  readonly lastWait?: number;
  /**
   * How its body ended: `ended`, `lost` (the connection broke), `idle`, `slow`, `overflow`,
   * `newer-request`, `shutdown`, `fenced`, or `failed`.
   */
  readonly end: string;
}

/**
 * Message of the channel `nestjs-tus:refused`.
 *
 * @publicApi
 */
export interface RefusedMessage extends OfInstance {
  /** Id of the upload, as the request has it; absent where it names none. */
  readonly uploadId?: string;
  /** Method of the request. */
  readonly method: string;
  /** Status of the answer. */
  readonly status: number;
  /**
   * What its error is called, such as `offset-mismatch` or `upload-busy`; `status-400` and the like where
   * the request itself was wrong.
   */
  readonly reason: string;
}

/**
 * Message of the channel `nestjs-tus:delivery`: a handler was called, and has returned.
 *
 * @publicApi
 */
export interface DeliveryMessage extends OfInstance {
  /** Id of the upload. */
  readonly uploadId: string;
  /** The handler's name: `Class#method`, or the `id` of its decorator. */
  readonly handler: string;
  /** Which attempt it was, counted from 1 on. */
  readonly attempt: number;
  /** Milliseconds that the call took. */
  readonly duration: number;
  /** Whether it succeeded, is to be tried again, or was given up. */
  readonly outcome: 'done' | 'retry' | 'dead';
}
