import type { UploadProtocol, UploadState } from '../registry/index.js';
import type { StorageLocation } from '../storage/index.js';
import type { HashAlgorithm } from './option-values.interface.js';

/**
 * What a whole file hashes to.
 *
 * @publicApi
 */
export interface FileHash {
  /** By what it was hashed. */
  readonly algorithm: HashAlgorithm;

  /** The digest in lower-case hexadecimal digits. */
  readonly hex: string;
}

/**
 * What was said of an upload by its client.
 *
 * @publicApi
 */
export interface UploadDescription {
  /**
   * The last part of the upload's URL: 32 hexadecimal digits, unless the `uploadId` option gave
   * another.
   */
  readonly id: string;

  /** The protocol that it came by: `'tus'`, or `'ietf'`, also for a request that speaks neither. */
  readonly protocol: UploadProtocol;

  /**
   * The values of `Upload-Metadata` as UTF-8 text, by key. Never trust them as paths. Of an upload that
   * came by the IETF's protocol also what its `Content-Disposition` (`filename`), `Content-Type`
   * (`filetype`) and `Content-Encoding` (`contentEncoding`) say.
   */
  readonly metadata: Readonly<Record<string, string>>;

  /** The same values as the bytes that were sent. */
  readonly rawMetadata: Readonly<Record<string, Buffer>>;

  /** The client's `filename` (or `name`), made safe to use as a file name: no path, no control characters. */
  readonly filename?: string;

  /** What the `owner` option returned when the upload was created. */
  readonly owner?: string;

  /** Name of the `@TusEndpoint()` method it was sent to; absent: to the upload path. */
  readonly endpoint?: string;

  /** When it was created. */
  readonly createdAt: Date;
}

/**
 * An upload as `TusService` shows it. Once it has ended and its file has gone, it has no metadata
 * any more; a finished upload keeps metadata of up to 512 bytes.
 *
 * @publicApi
 */
export interface Upload extends UploadDescription {
  /** Where it stands. */
  readonly state: UploadState;

  /** Whether it is a part of an upload that is sent in parts (tus 1.0 §Concatenation). */
  readonly partial: boolean;

  /** Bytes received. */
  readonly offset: number;

  /** Bytes the whole upload has; absent while the client defers it. */
  readonly length?: number;

  /** When the unfinished upload expires, if nothing more arrives; absent when it never does. */
  readonly expiresAt?: Date;

  /** When it was finished, terminated or expired. */
  readonly endedAt?: Date;

  /** Absolute path of the finished file; absent before the finish and after `cleanupFile()`. */
  readonly path?: string;

  /** Where the finished upload is, by the kind of its storage; absent as `path` is. */
  readonly storage?: StorageLocation;

  /** What the file hashes to; absent before the finish, and unless the `hash` option was set then. */
  readonly hash?: FileHash;
}

/**
 * A finished upload as an `@OnUploadFinished()` handler receives it.
 *
 * @publicApi
 */
export interface FinishedUpload extends UploadDescription {
  /** Absolute path of the file. */
  readonly path: string;

  /** Where it is, by the kind of its storage: `{ type: 'disk', path }` for a file. */
  readonly storage: StorageLocation;

  /** Bytes of the file. */
  readonly size: number;

  /** What the file hashes to; absent unless the `hash` option was set when it was finished. */
  readonly hash?: FileHash;

  /** When its last byte was safe. */
  readonly finishedAt: Date;

  /**
   * Which attempt this is for this handler: 1, then one more after every throw or crash. A crash between the
   * finish of the upload and the first call counts, too.
   */
  readonly attempt: number;
}

/**
 * What one cleanup pass did, as numbers of uploads.
 *
 * @publicApi
 */
export interface CleanupReport {
  /** Unfinished uploads that expired and were removed. */
  readonly expired: number;

  /** Finished uploads whose file was removed (`cleanup.finishedAfter`). */
  readonly removed: number;

  /** Uploads whose file had gone long ago, and of which nothing is known any more. */
  readonly forgotten: number;
}
