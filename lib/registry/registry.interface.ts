import type {
  DeliveryKey,
  DeliveryState,
  DeliveryRecord,
  DeliveryOutcome,
} from './delivery-record.interface.js';
import type { UploadState, UploadRecord } from './upload-record.interface.js';

/**
 * What becomes of a record: the new record, and deliveries that are created with it. A delivery
 * that is there already starts anew, unless it is running.
 */
export interface UploadChange {
  /** The new record. */
  readonly record: UploadRecord;
  /** Deliveries that are stored in the same step. */
  readonly deliveries?: readonly DeliveryRecord[];
}

/** Which of a handler's waiting deliveries are wanted. */
export interface DueTerms {
  /** At most so many. */
  readonly limit: number;
  /**
   * The latest time that one can be waiting for. What waits for a later one is due: the clock has
   * been set back since.
   */
  readonly latest?: number;
}

/** What some uploads take together: what is unfinished, and the files of others that are still there. */
export interface Usage {
  /** How many there are. */
  readonly uploads: number;
  /** How many of them are unfinished. */
  readonly unfinished: number;
  /** Bytes they have, or will have; a deferred length counts as the most bytes there may be. */
  readonly bytes: number;
  /** How many of these bytes are unfinished uploads'. */
  readonly pending: number;
}

/** What the uploads of one owner take, and all uploads. */
export interface Usages {
  /** Those of the owner. */
  readonly own: Usage;
  /** Those of all owners. */
  readonly all: Usage;
}

/** One page of a listing; `cursor` is there when more follows. */
export interface Page<T> {
  /** Those of this page. */
  readonly items: T[];
  /** For the next page; absent on the last one. */
  readonly cursor?: string;
}

/** Which uploads a listing has. */
export interface UploadQuery {
  /** Only those of this owner. */
  readonly owner?: string;
  /** Only those in this state. */
  readonly state?: UploadState;
  /** Whether the order is the other way round, so that the youngest of a state come first. */
  readonly newestFirst?: boolean;
  /** From an earlier page of the same order. */
  readonly cursor?: string;
  /** Items a page, 100 unless told. */
  readonly limit?: number;
}

/**
 * Which deliveries a listing has.
 *
 * @publicApi
 */
export interface DeliveryQuery {
  /** Only those in this state. */
  readonly state?: DeliveryState;
  /** Only those of this upload. */
  readonly uploadId?: string;
  /** From an earlier page. */
  readonly cursor?: string;
  /** Items a page, 100 unless told. */
  readonly limit?: number;
}

/**
 * What is known of uploads: their records, when cleanup is to look at them, and the deliveries
 * that are due.
 *
 * Every method is one atomic step, also against other processes on the same registry; what a
 * write resolved for survives a killed process, and a lost machine unless durability is `none`.
 * A write that found no room throws a `NoSpaceError` and changed nothing. Every method throws a
 * `FolderLostError` while what was opened is not there any more: what it knows does not count then;
 * and a `RegistryUnavailableError`, in bounded time, while it does not reach its database.
 * A change of an upload that another process has taken from this one, for it did not answer, throws an
 * `UploadFencedError` and changes nothing.
 */
export interface UploadRegistry {
  /** Makes the registry ready; throws when it cannot be. */
  open(): Promise<void>;

  /** Waits for running writes and lets go of everything. */
  close(): Promise<void>;

  /** What is known of an upload; `undefined` when nothing is. */
  get(id: string): Promise<UploadRecord | undefined>;

  /**
   * Stores a new record. Ids that differ in case only exclude each other, for many file systems do
   * not tell them apart.
   *
   * @param admit sees what uploads take without it, and says what it becomes; what it throws is
   *   passed on, and nothing is stored. It may be called more than once.
   * @param deliveries created with it, where it is finished by now; none unless given
   * @returns the record as stored
   * @throws UploadIdTakenError when its id is taken
   */
  create(
    record: UploadRecord,
    admit?: (usages: Usages) => UploadRecord,
    deliveries?: readonly DeliveryRecord[],
  ): Promise<UploadRecord>;

  /** What the uploads of an owner take, and all; `undefined` for those without an owner. */
  usage(owner: string | undefined): Promise<Usages>;

  /**
   * Changes a record in one transaction: `decide` sees the current one and says what it becomes,
   * or `undefined` to leave it. It may be called more than once and must have no side effects; what
   * it throws is passed on, and nothing is changed.
   *
   * @returns the record as it is afterwards; `undefined` when there is none.
   */
  change(
    id: string,
    decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
  ): Promise<UploadRecord | undefined>;

  /** Removes a record and its deliveries, if it is still due at `dueAt`. */
  forget(id: string, dueAt: number): Promise<void>;

  /** The uploads cleanup is to look at, due at or before the time, earliest first. */
  due(until: number, limit: number): Promise<UploadRecord[]>;

  /**
   * The terminated and expired uploads of an owner, or without an owner, oldest first. The last
   * ones are left out.
   *
   * @param last how many are left out
   */
  endedBefore(last: number, owner: string | undefined): Promise<UploadRecord[]>;

  /** Uploads grouped by state, oldest first in each; or all that the other way round. */
  list(query: UploadQuery): Promise<Page<UploadRecord>>;

  /** Deliveries in no promised order; a page at a time. */
  deliveries(query: DeliveryQuery): Promise<Page<DeliveryRecord>>;

  /**
   * The waiting deliveries due at or before the time, earliest first; of each handler no more than
   * its terms say, so that no handler waits behind another's deliveries.
   */
  dueDeliveries(until: number, termsOf: (handler: string) => DueTerms): Promise<DeliveryRecord[]>;

  /**
   * When the next waiting delivery is due; `undefined` when none waits.
   *
   * @param counts for which handlers; all unless given
   */
  nextDeliveryAt(counts?: (handler: string) => boolean): Promise<number | undefined>;

  /**
   * Takes a waiting delivery: it becomes `running` by the holder, its attempt one more.
   *
   * @returns the row as taken; `undefined` when it is gone, dead, or another has it.
   */
  claimDelivery(key: DeliveryKey, holder: string, now: number): Promise<DeliveryRecord | undefined>;

  /**
   * Says how a running delivery ended. A row of another holder, or at a later attempt, is left
   * alone: it was taken from this holder meanwhile.
   *
   * @param key with the attempt that ended; any unless given
   * @returns whether it was stored
   */
  settleDelivery(
    key: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean>;

  /**
   * Lets dead deliveries of an upload wait again, due now, with all their attempts before them.
   *
   * @param handler only that handler's; all unless given
   * @returns how many there were.
   */
  reviveDeliveries(uploadId: string, handler: string | undefined, now: number): Promise<number>;

  /**
   * Makes running deliveries whose holder is gone wait again, due now, each with one more attempt
   * that was lost.
   *
   * @returns how many there were.
   */
  releaseDeliveries(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number>;
}

/** Told what becomes of the disk, or the database, that a registry lies on, and of what was on it. */
export interface RegistryObserver {
  /** The disk has failed; nothing is written until a repair. */
  faulted(cause: unknown): void;
  /** What the disk may have lost is in a new file; writing goes on. */
  repaired(): void;
  /** A write has waited for seconds until other processes have ended theirs: one may be stopped in it. */
  blocked(): void;
  /**
   * Rows could not be read, as told in words for people. They count as missing, and their bytes are kept
   * in a table of their own, "unreadable".
   */
  damaged(rows: readonly string[]): void;
  /** The database is not reached, or does not do what it is asked to; told once until it does again. */
  unreachable?(cause: unknown): void;
  /** The database is reached again. */
  reached?(): void;
}
