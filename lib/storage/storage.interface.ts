import type { Readable } from 'node:stream';

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

/** A whole upload that is to be a part of another one. */
export interface StoredPart {
  readonly id: string;
  /** Bytes it has. */
  readonly size: number;
}

/** The part of a file to read: from byte `start` up to and including byte `end`. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/** What of a file to read, and how. */
export interface ReadOptions extends ByteRange {
  /** Bytes read at a time; as the storage likes unless given. */
  readonly blockSize?: number;
}

/**
 * Something that lies in a storage: bytes under the name of an upload, or a remnant, which is what
 * work of the storage's own leaves behind when it is interrupted.
 */
export type Holding =
  | { readonly kind: 'upload'; readonly id: string }
  | { readonly kind: 'remnant'; readonly name: string };

/** Appends to one upload; the caller sees to it that there is only one at a time. */
export interface UploadWriter {
  /** Bytes held now, those of a write that failed half-way included. */
  readonly size: number;

  /** How many of them are known to survive a lost machine; a flush in another process is not known. */
  readonly flushed: number;

  /** Whether a flush has failed and the upload must have `renew()` before anything is done with it. */
  readonly isDoubtful: boolean;

  /**
   * Appends the chunks in order.
   *
   * @throws NoSpaceError when the storage is full; `size` says what was stored.
   * @throws FileChangedError when bytes that were held are not there any more, or others are
   */
  write(chunks: readonly Uint8Array[]): Promise<void>;

  /** Cuts the upload back to `size` bytes. */
  truncate(size: number): Promise<void>;

  /** Makes an upload without bytes leave a trace: an empty file that can be opened by its path. */
  create(): Promise<void>;

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
   * Makes sure that what this writer holds is what is found under the upload's name, all of it and
   * nothing else: to be called before any of it is acknowledged.
   *
   * @returns what is held; `undefined` when there is no trace of it
   * @throws FileChangedError
   */
  confirm(): Promise<StoredBytes | undefined>;

  close(): Promise<void>;
}

/**
 * Where bytes lie. An upload without bytes needs no trace of its own.
 *
 * What changes an upload throws an `UploadFencedError`, and changes nothing, when another process has
 * taken the upload from this one, for it did not answer.
 */
export interface UploadStorage {
  /** Makes the storage ready; throws when it cannot be. */
  open(): Promise<void>;

  /**
   * Makes sure that what was just read counts, and that what was just written will be found again.
   *
   * @throws FolderLostError when what was opened is not there any more
   */
  assertSame(): Promise<void>;

  /** Does the same, later in this turn, and once for all who ask in it: it costs a request nearly nothing. */
  confirm(): Promise<void>;

  /** Bytes there is room for. */
  room(): Promise<number>;

  /**
   * What is held of an upload; `undefined` when there is no trace of it.
   *
   * @param filePath where it was placed inside the storage; here and below, unless it was not
   */
  stat(id: string, filePath?: string): Promise<StoredBytes | undefined>;

  /**
   * Opens an upload for appending, making it when it has no trace yet.
   *
   * @throws FileChangedError when something else lies under its name
   */
  openWriter(id: string): Promise<UploadWriter>;

  /**
   * Does what a writer could not when a flush failed: puts the first bytes of an upload, those which
   * count, into a new file. Nothing happens when it has none.
   *
   * @throws StorageFaultError, NoSpaceError when that fails too, and is to be done again
   */
  renew(id: string, size: number): Promise<void>;

  /**
   * The bytes as a stream; fails with the storage's error when they are not there, and with a
   * `FileChangedError` when something else is.
   */
  createReadStream(id: string, options?: ReadOptions, filePath?: string): Readable;

  /**
   * Makes an upload of the bytes of others, which stay as they are.
   *
   * @param signal ends the work within milliseconds when it is aborted
   * @throws NoSpaceError, or the signal's reason; what was made until then is removed by `remove()`
   * @throws FileChangedError when a part is not what it was
   */
  concatenate(id: string, parts: readonly StoredPart[], signal?: AbortSignal): Promise<void>;

  /**
   * Lets the upload's file be found at a path inside the storage too, durably, and never over
   * another one.
   *
   * @returns whether it can; not, when there is another file
   * @throws FileChangedError when what lies under its first name is no file
   */
  place(id: string, filePath: string): Promise<boolean>;

  /** Takes back what `place()` did, as long as the upload has its first name; never another file. */
  unplace(id: string, filePath: string): Promise<void>;

  /**
   * Gives the upload's file its first name back and takes the path from it, for a removal. While
   * there is something under the first name, what lies at the path is another file and is not
   * touched, so this may be repeated when it was interrupted, until `remove()` ends it.
   */
  reclaim(id: string, filePath: string): Promise<void>;

  /** Absolute path at which an application can open the upload's file. */
  path(id: string, filePath?: string): string;

  /**
   * Whether an absolute path is where the storage may have, or look for, something of its own: what
   * an application puts there would be taken for that.
   */
  isOwn(path: string): Promise<boolean>;

  /**
   * Moves the upload's file to an absolute path, across devices too, and makes the move durable.
   *
   * @throws FileChangedError when what lies there is no file
   */
  move(id: string, path: string, filePath?: string): Promise<void>;

  /**
   * Removes the upload's bytes under its first name; nothing happens when there are none. What lies
   * there in their place goes too, but for what it leads to and a folder.
   */
  remove(id: string): Promise<void>;

  /**
   * Gives the bytes of an upload a new place, so that a process which had the old one open, and does
   * not answer, may write on to what is not read. An upload without a trace gets an empty one.
   *
   * @param unlessWrittenBy id of that process, if it is known: nothing is done when it can be seen not
   *   to have the bytes open
   * @throws NoSpaceError; the bytes are where they were then
   */
  fence(id: string, unlessWrittenBy?: number): Promise<void>;

  /**
   * All that lies under a name of ours, in no order and never all at once in memory. What comes or
   * goes meanwhile may be left out; files placed elsewhere in the storage are.
   */
  holdings(): AsyncIterable<Holding>;

  /**
   * Puts what lies under an upload's name where no request finds it, and people do: the bytes of one
   * that nothing is known of, or what something else has put in their place.
   *
   * @returns where they are now, in words for people; `undefined` when there were none
   */
  setAside(id: string): Promise<string | undefined>;

  /**
   * Removes a remnant, unless it is younger than a time.
   *
   * @param before in milliseconds since the epoch
   * @returns whether it was removed
   */
  removeRemnant(name: string, before: number): Promise<boolean>;
}
