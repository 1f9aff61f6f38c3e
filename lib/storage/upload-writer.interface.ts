/** What a storage holds of one upload. */
export interface StoredBytes {
  /** Bytes held: the upload's offset. */
  readonly size: number;
  /** How many of them are known to survive a lost machine; a flush in another process is not known. */
  readonly flushed: number;
  /** When the last byte came, in milliseconds since the epoch. */
  readonly modifiedAt: number;
  /**
   * What lies under the upload's name in place of its bytes, as the end of a sentence; `size` is 0
   * then.
   */
  readonly fault?: string;
}

/** Appends to one upload; the caller sees to it that there is only one at a time. */
export interface UploadWriter {
  /** Bytes held now, those of a write that failed half-way included. */
  readonly size: number;

  /** How many of them are known to survive a lost machine; a flush in another process is not known. */
  readonly flushed: number;

  /** Whether a flush has failed, and the upload must be `cutBack()` before anything is done with it. */
  readonly isDoubtful: boolean;

  /**
   * Appends the chunks in order. What is acknowledged of them is what `confirm()` returns. Once it has
   * resolved, the chunks are not to be read any more: their memory is given back.
   *
   * @throws NoSpaceError when the storage is full; `size` says what was stored.
   * @throws FileChangedError when bytes that were held are not there any more, or others are
   */
  write(chunks: readonly Uint8Array[]): Promise<void>;

  /** Cuts the upload back to `size` bytes: no further than to where this writer was opened. */
  truncate(size: number): Promise<void>;

  /**
   * The first bytes held.
   *
   * @param most how many at most; they are asked for with the write that brings the last of them, or
   *   when the upload is whole
   */
  start(most: number): Promise<Uint8Array>;

  /**
   * Makes all bytes held one whole that can be read, also when there are none. Nothing is appended
   * after that. May be repeated.
   */
  complete(): Promise<void>;

  /**
   * Waits for flushes that run beside the writes, if there are any.
   *
   * @returns whether one has failed, so that `sync()` must be called before anything is acknowledged
   */
  mustSync(): Promise<boolean>;

  /**
   * Returns once every byte held would survive a lost machine.
   *
   * When that fails, what an earlier flush has not covered is lost, whatever a later one says: `size`
   * is less then, and the upload goes on in a new file.
   *
   * @throws StorageFaultError, or NoSpaceError when it failed for that
   */
  sync(): Promise<void>;

  /**
   * Makes sure that what this writer holds is what will be found of the upload, all of it and nothing
   * else: to be called before any of it is acknowledged.
   *
   * @returns what is held; `undefined` when there is no trace of it
   * @throws FileChangedError
   */
  confirm(): Promise<StoredBytes | undefined>;

  /**
   * Says that a record tells of the upload from now on, which was opened as one that none tells of. Absent
   * where that makes no difference.
   */
  recorded?(): Promise<void>;

  /** Lets go of the upload; may be repeated. */
  close(): Promise<void>;
}

/** What is known of the bytes that a writer is opened for. */
export interface WriterOptions {
  /** Bytes that are announced to it; fewer may come, or more. Absent where that is unknown. */
  readonly announced?: number;
  /** Whether none of them counts before all do, for they came with a checksum. */
  readonly isProvisional?: boolean;
  /**
   * Whether no record tells of the upload before `recorded()`: if this process dies until then, its bytes
   * are a remnant, and no upload whose record was lost.
   */
  readonly isUnrecorded?: boolean;
}
