import type { UploadRecord } from '../../registry/index.js';

/** What a flush that failed has cost. */
export interface FlushFailure {
  /** Bytes of the upload that do not count any more. */
  readonly lost: number;
  readonly cause: unknown;
}

/** How a request went that brought bytes. */
export interface AppendFigures {
  /** Bytes that it brought, and that were kept. */
  readonly bytes: number;
  /** Milliseconds that it took. */
  readonly duration: number;
  /** Milliseconds from the last byte of the upload to the end of its finish. */
  readonly lastWait?: number;
  /** How its body ended, or `failed`. */
  readonly end: string;
}

/** Is told what has become of an upload, right afterwards; nothing waits for it. */
export interface UploadObserver {
  created(record: UploadRecord): void;

  /** @param offset bytes received; told for every write, so it must be cheap */
  advanced(record: UploadRecord, offset: number): void;

  /**
   * A request begins to bring bytes.
   *
   * @param offset bytes that were there before it
   */
  appendBegun(record: UploadRecord, offset: number): void;

  appendEnded(record: UploadRecord, figures: AppendFigures): void;

  finished(record: UploadRecord): void;

  /** It was terminated, expired, or quarantined. */
  ended(record: UploadRecord): void;

  /**
   * An unfinished upload begins anew, because what lay under its name was not its file.
   *
   * @param fault what was wrong with it, as the end of a sentence
   * @param place where that is now, in words for people
   */
  renewed(record: UploadRecord, fault: string, place: string): void;

  /**
   * Bytes of an unfinished upload that its client was told of are not there any more, so that it ends.
   *
   * @param fault what is wrong with it, as a sentence without a stop
   */
  lost(id: string, fault: string): void;

  /** A finished file could not be placed where it was to lie, for another one lies there. */
  misplaced(record: UploadRecord): void;

  /** The disk has failed to keep bytes of an upload. */
  flushFailed(record: UploadRecord, failure: FlushFailure): void;
}
