import type { StorageState, UploadRecord } from '../registry/index.js';
import type { Readable } from 'node:stream';
import type { Located } from './storage-location.interface.js';
import type { StoredBytes, UploadWriter, WriterOptions } from './upload-writer.interface.js';

/** Keeps what a storage has to say of an upload in its record. */
export interface StorageRecords {
  /**
   * Puts the state into the record of an upload, in place of the one that was there, and says that what
   * it tells of counts. Once it resolves, that survives as records do.
   *
   * @throws UploadFencedError when another process has taken the upload: nothing was changed
   * @throws NoSpaceError
   */
  keep(id: string, state: StorageState | undefined): Promise<void>;
}

/** The part of an upload to read: from byte `start` up to and including byte `end`. */
export interface ByteRange {
  /** The first byte, counted from 0; 0 unless given. */
  readonly start?: number;
  /** The last byte, which is included; the last there is unless given. */
  readonly end?: number;
}

/** What of an upload to read, and how. */
export interface ReadOptions extends ByteRange {
  /** Bytes read at a time; as the storage likes unless given. */
  readonly blockSize?: number;
}

/** What the record of an upload is to say once its finish is committed. */
export interface FinishedPlace {
  /** What the storage keeps of it from then on. */
  readonly stored?: StorageState;
  /** Whether the upload could not be put where the application wants it. */
  readonly isMisplaced?: boolean;
}

/** Something that lies in a storage under a name of ours. */
export interface Holding {
  /** What it is called in the storage. */
  readonly name: string;
  /** The upload whose bytes these are; absent for what work of the storage's own has left behind. */
  readonly id?: string;
}

/** What has become of a holding that nothing is known of: removed, or put where people find it. */
export type Cleared =
  | {
      /** It is gone. */
      readonly kind: 'removed';
    }
  | {
      /** It was put aside. */
      readonly kind: 'aside';
      /** Where, in words for people. */
      readonly place: string;
    };

/** What only a storage of files has. */
export interface FileStorage {
  /** Absolute path at which an application can open the upload's file. */
  path(upload: UploadRecord): string;

  /** Bytes there is room for on the disk. */
  room(): Promise<number>;

  /** The folder, where registries that several machines share may share it, too. */
  readonly folder?: SharedFolder;
}

/** A folder of files that several machines may share. */
export interface SharedFolder {
  /** Absolute. */
  readonly path: string;

  /**
   * Says, once the storage is open, that processes of several machines use the folder: what one of them
   * has written must be seen by the others at once.
   *
   * @param registry tells the registry that knows the files from all others
   * @returns what tells the folder from all others, the same on each machine
   * @throws Error with what to do, when another registry has the files
   */
  share(registry: string): Promise<string>;
}

/** What the answer to a shared URL says of the bytes. */
export interface SharedHead {
  /** `Content-Type`, as headers have it. */
  readonly contentType: string;
  /** `Content-Disposition`, in the same way. */
  readonly contentDisposition: string;
  /** `Cache-Control`, in the same way. */
  readonly cacheControl: string;
}

/** What a storage has from which clients can fetch bytes themselves. */
export interface SharedStorage {
  /**
   * Makes `url()` ready; called at start, and only where it will be used.
   *
   * @throws Error with what to do, when something for it is missing
   */
  prepare(): Promise<void>;

  /**
   * A URL at which the whole of a finished upload can be fetched with GET, by all who know it.
   *
   * @param seconds how long
   */
  url(upload: UploadRecord, seconds: number, head: SharedHead): Promise<string>;
}

/**
 * Where bytes lie. An upload without bytes needs no trace of its own.
 *
 * A storage is told of an upload by its record, and may keep a state of its own in it
 * (`StorageRecords`, `stored`). Names, parts and temporary files are its own business: what changes an
 * upload may be broken off at any moment, and be repeated.
 *
 * What changes an upload throws an `UploadFencedError`, and changes nothing that counts, when another
 * process has taken the upload from this one, for it did not answer.
 */
export interface UploadStorage {
  /** What only files have; absent where uploads are none. */
  readonly files?: FileStorage;

  /** What fetching from the storage itself needs; absent where clients cannot. */
  readonly shared?: SharedStorage;

  /** Whether the bytes of an upload can be read before it is `complete()`. */
  readonly readsUnfinished: boolean;

  /**
   * Whether an upload may be stored before its record is: what a process that dies meanwhile leaves of it,
   * `holdings()` has and `clear()` removes. Absent: a record must be there before the first byte.
   */
  readonly keepsUnrecorded?: boolean;

  /** Makes the storage ready; throws when it cannot be. */
  open(): Promise<void>;

  /** Lets go of everything. */
  close(): Promise<void>;

  /**
   * Makes sure that what was just read counts, and that what was just written will be found again.
   *
   * @throws FolderLostError when what was opened is not there any more
   */
  assertSame(): Promise<void>;

  /** Does the same, later in this turn, and once for all who ask in it: it costs a request nearly nothing. */
  confirm(): Promise<void>;

  /**
   * Stores something small, as uploads will be, and removes it.
   *
   * @throws what an upload would meet: NoSpaceError, StorageFaultError, FolderLostError
   */
  probe(): Promise<void>;

  /** What is held of an upload, wherever it is by now; `undefined` when there is no trace of it. */
  stat(upload: UploadRecord): Promise<StoredBytes | undefined>;

  /** Whether bytes lie under the id of an upload, of which there may be no record. */
  holds(id: string): Promise<boolean>;

  /** Where a finished upload is for applications, or was until it was removed. */
  locate(upload: UploadRecord): Located;

  /**
   * Opens an unfinished upload for appending, making it when it has no trace yet.
   *
   * @throws FileChangedError when something else lies under its name
   */
  openWriter(upload: UploadRecord, options?: WriterOptions): Promise<UploadWriter>;

  /**
   * Cuts an unfinished upload that no writer has open back to its first bytes: what came after them was
   * never verified, or (`isDoubtful`) a flush of them has failed.
   *
   * @throws StorageFaultError, NoSpaceError when it fails, and is to be done again
   */
  cutBack(upload: UploadRecord, size: number): Promise<void>;

  /**
   * The bytes as a stream; fails with the storage's error when they are not there, and with a
   * `FileChangedError` when something else is.
   */
  createReadStream(upload: UploadRecord, options?: ReadOptions): Readable;

  /**
   * Makes an upload of the bytes of others, which stay as they are.
   *
   * @param parts whole uploads, in order; one may be named again
   * @param signal ends the work within milliseconds when it is aborted
   * @throws NoSpaceError, or the signal's reason; what was made until then is removed by `remove()`
   * @throws FileChangedError when a part is not what it was
   */
  concatenate(
    upload: UploadRecord,
    parts: readonly UploadRecord[],
    signal?: AbortSignal,
  ): Promise<void>;

  /**
   * Gives a whole upload its final place, where the application wants one (`filePath`), durably and
   * never over another's. Until the finish is committed it is found where it was received as well, so
   * that a crash loses it in neither place.
   *
   * @returns what its record is to say from the commit on
   */
  finish(upload: UploadRecord): Promise<FinishedPlace>;

  /** Whether `tidy()` has nothing to do, as far as the record tells. */
  isTidy(upload: UploadRecord): boolean;

  /**
   * Leaves an upload in one place only, the one that counts in its state, and removes what it needs no
   * more: what `finish()` has done of an unfinished upload, what was before of a finished one.
   */
  tidy(upload: UploadRecord): Promise<void>;

  /**
   * When nothing can come any more that a process had begun which the upload was taken from, in
   * milliseconds since the epoch: an upload that has ended is to be tidied up, or removed, once more then,
   * and its record to be kept until then. Absent: nothing can come.
   */
  settlesAt(upload: UploadRecord): number | undefined;

  /**
   * Moves a finished upload to where the application wants it, across devices too, durably and never
   * over another's. May be repeated.
   *
   * @param target as `targetOf()` has it
   * @returns what its record is to say from then on
   * @throws FileChangedError when what lies there is not the upload
   */
  move(upload: UploadRecord, target: string): Promise<StorageState | undefined>;

  /**
   * What an application means by a place to move to.
   *
   * @throws RangeError for one that is the storage's own, or that it cannot move to
   */
  targetOf(place: string): Promise<string>;

  /**
   * Removes what an upload has in the storage; nothing happens when that is nothing. What was moved is
   * the application's, and stays.
   */
  remove(upload: UploadRecord): Promise<void>;

  /**
   * Sees to it that a process which had an unfinished upload, and does not answer, may write on to what is
   * not read: its bytes get a new place, where it could write to the old one.
   *
   * @param unlessWrittenBy id of that process, if it is known: nothing is done when it can be seen not
   *   to have the bytes open
   * @throws NoSpaceError; the bytes are where they were then
   */
  fence(upload: UploadRecord, unlessWrittenBy?: number): Promise<void>;

  /**
   * Puts what lies under the name of an unfinished upload, and is not its bytes, where no request finds
   * it, and people do.
   *
   * @returns where that is, in words for people; `undefined` when there was nothing
   */
  setAside(upload: UploadRecord): Promise<string | undefined>;

  /**
   * All that lies under a name of ours, in no order and never all at once in memory. What comes or
   * goes meanwhile may be left out; what was given a final place is.
   */
  holdings(): AsyncIterable<Holding>;

  /**
   * Clears away a holding that nothing is known of, unless it is younger than a time.
   *
   * @param holding the very one that `holdings()` gave
   * @param before in milliseconds since the epoch
   * @returns `undefined` when it was left
   */
  clear(holding: Holding, before: number): Promise<Cleared | undefined>;
}
