import type { ChecksumAlgorithm } from '../protocol/index.js';

/**
 * Where an upload stands: it is receiving until it is finished, terminated or expired; or
 * quarantined, when a `@BeforeUploadFinish()` method refused it and its bytes are to be kept.
 *
 * @publicApi
 */
export type UploadState = 'receiving' | 'finished' | 'terminated' | 'expired' | 'quarantined';

/** Whether an upload is a part that others are made of, or is made of parts. */
export type UploadKind = 'partial' | 'final';

/** The last answer to an upload's client, kept to be given again. */
export interface StoredAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body?: string;
}

/** What a whole file hashes to. */
export interface StoredHash {
  readonly algorithm: ChecksumAlgorithm;
  /** The digest in lower-case hexadecimal digits. */
  readonly hex: string;
}

/** What a storage keeps of its own in an upload's record: plain data, of some hundred bytes at most. */
export type StorageState = Readonly<Record<string, unknown>>;

/** What a registry knows of one upload. Times are milliseconds since the epoch. */
export interface UploadRecord {
  /** 128 random bits as 32 lower-case hexadecimal digits, or what the application has given. */
  readonly id: string;
  readonly state: UploadState;
  /** Bytes the whole upload will have; absent while the client defers it. */
  readonly length?: number;
  /** Most bytes it may have; absent: no limit. */
  readonly maxSize?: number;
  /**
   * Bytes from here on were announced with a checksum and are not verified yet; if they are
   * not being written, they are to be cut off.
   */
  readonly unverifiedFrom?: number;
  /**
   * What was found wrong with the unfinished upload's file while bytes came, as the end of a
   * sentence: nothing that lies under its name counts, and it is to begin anew.
   */
  readonly fileFault?: string;
  /**
   * Whether the disk has failed to keep bytes from there on, so that those before are to be put into a
   * new file.
   */
  readonly isDoubtful?: boolean;
  /** The `Upload-Metadata` header as sent, byte for byte. */
  readonly metadata?: string;
  /** Absent: an upload of its own. */
  readonly kind?: UploadKind;
  /** How its client has said so, byte for byte, to be told again (tus 1.0 §Upload-Concat). */
  readonly concat?: string;
  /** Whom the upload belongs to, at most 512 bytes of UTF-8. */
  readonly owner?: string;
  /** Name of the `@TusEndpoint()` method it was sent to; absent: to the upload path. */
  readonly endpoint?: string;
  /** Digest of the path's parameters it was created under; absent: it is bound to none. */
  readonly binding?: string;
  /** The query of its creation as its endpoint's method is to have it, as JSON. */
  readonly query?: string;
  /** Where in the storage the application wants the upload once it is finished; absent: anywhere. */
  readonly filePath?: string;
  /** What its storage keeps of it. */
  readonly stored?: StorageState;
  readonly createdAt: number;
  /** Milliseconds the unfinished upload may lie idle; absent: it never expires. */
  readonly validFor?: number;
  /** When it was finished, terminated or expired. */
  readonly endedAt?: number;
  /** What the whole file hashes to; absent unless the `hash` option was set at the finish. */
  readonly hash?: StoredHash;
  /** Absolute path the finished file was moved to; absent: it lies in the storage. */
  readonly movedTo?: string;
  /** Absolute path the finished file is on its way to. */
  readonly movingTo?: string;
  /** When the file of a finished upload was removed. */
  readonly fileRemovedAt?: number;
  /** Whether the file is to be removed once it was delivered to all its handlers. */
  readonly removeWhenDelivered?: boolean;
  /** What its client was told at its end, beyond what every client is. */
  readonly answer?: StoredAnswer;
  /** What hooks add to the headers of its endpoint's answer. */
  readonly addedHeaders?: Readonly<Record<string, string>>;
  /** When cleanup is to look at the upload next; absent: never. */
  readonly dueAt?: number;
}

/** Which delivery: one handler, one upload. */
export interface DeliveryKey {
  readonly uploadId: string;
  /** The handler's stable name, `Class#method` unless the decorator gave another. */
  readonly handler: string;
}

/**
 * `waiting` until its time has come, `running` while a process has it, `dead` once it gave up.
 *
 * @publicApi
 */
export type DeliveryState = 'waiting' | 'running' | 'dead';

/** One finished upload on its way to one handler. */
export interface DeliveryRecord extends DeliveryKey {
  readonly state: DeliveryState;
  /** How many attempts have begun. */
  readonly attempt: number;
  /** How many of them do not count any more, because it was given new ones. */
  readonly forgiven?: number;
  /** How many of those that count ended with their process. */
  readonly lost?: number;
  /** When it may run (`waiting`), in milliseconds since the epoch. */
  readonly dueAt: number;
  /** Which process runs it (`running`): the identity that process gave itself at its start. */
  readonly holder?: string;
  /** Since when it runs (`running`), in milliseconds since the epoch. */
  readonly startedAt?: number;
  /** Message of the last failure. */
  readonly error?: string;
}

/**
 * What becomes of a record: the new record, and deliveries that are created with it. A delivery
 * that is there already starts anew, unless it is running.
 */
export interface UploadChange {
  readonly record: UploadRecord;
  readonly deliveries?: readonly DeliveryRecord[];
}

/** How a delivery attempt ended: done (the row goes), to be tried again, or given up. */
export type DeliveryOutcome =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry';
      readonly dueAt: number;
      readonly error?: string;
      /** Whether it was no attempt at all: there was no handler, or the app was ending. */
      readonly isUncounted?: boolean;
    }
  | {
      readonly kind: 'dead';
      readonly error: string;
      /** Whether it was no attempt at all: those before were too many. */
      readonly isUncounted?: boolean;
    };

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
  readonly own: Usage;
  readonly all: Usage;
}

/** One page of a listing; `cursor` is there when more follows. */
export interface Page<T> {
  readonly items: T[];
  readonly cursor?: string;
}

export interface UploadQuery {
  readonly owner?: string;
  readonly state?: UploadState;
  /** From an earlier page. */
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
  readonly state?: DeliveryState;
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

  get(id: string): Promise<UploadRecord | undefined>;

  /**
   * Stores a new record. Ids that differ in case only exclude each other, for many file systems do
   * not tell them apart.
   *
   * @param admit sees what uploads take without it, and says what it becomes; what it throws is
   *   passed on, and nothing is stored. It may be called more than once.
   * @returns the record as stored
   * @throws UploadIdTakenError when its id is taken
   */
  create(record: UploadRecord, admit?: (usages: Usages) => UploadRecord): Promise<UploadRecord>;

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

  /** Uploads grouped by state, oldest first in each. */
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
