import type { StorageLocation } from '../storage/index.js';
import type { FileHash, UploadDescription } from './upload.interface.js';

/**
 * An upload that a client wants to create, as a `@BeforeUploadCreate()` method receives it.
 *
 * @publicApi
 */
export interface UploadDraft {
  /** The values of `Upload-Metadata` as UTF-8 text, by key. */
  readonly metadata: Readonly<Record<string, string>>;

  /** The client's `filename` (or `name`), made safe to use as a file name. */
  readonly filename?: string;

  /** Bytes it will have; absent while the client defers it. */
  readonly length?: number;

  /** Bytes it may have; absent: no limit. */
  readonly maxSize?: number;

  /** What the `owner` option returned. */
  readonly owner?: string;

  /** Whether it is a part of an upload that is sent in parts (tus 1.0 §Concatenation). */
  readonly partial: boolean;

  /** Name of the `@TusEndpoint()` method it is sent to. */
  readonly endpoint?: string;

  /** The request as guards see it; absent for `TusService.create()`. */
  readonly request?: object;
}

/**
 * What a `@BeforeUploadCreate()` method changes; what is absent stays as it was.
 *
 * @publicApi
 */
export interface UploadChanges {
  /** In place of all that the client sent. */
  metadata?: Readonly<Record<string, string>>;

  /** In place of what the `owner` option returned. */
  owner?: string;

  /** Bytes, or a string such as `'10MB'`; a length that was announced beyond it is refused. */
  maxSize?: number | string;

  /**
   * Where the finished file is to lie, relative to `tmpFileDir` and inside of it. Where another
   * file lies there by then, it is not overwritten: the upload's stays where it is, and that is
   * logged. Parts of an upload that is sent in parts are never placed.
   * Where paths are used again, take files away by `moveTo()` or `cleanupFile()`: what lies at the
   * path otherwise counts as the upload's own.
   */
  path?: string;

  /** Headers of the answer to the creation. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * An upload whose bytes are all there, as a `@BeforeUploadFinish()` method receives it.
 *
 * @publicApi
 */
export interface CompleteUpload extends UploadDescription {
  /** Absolute path of the file; it must be left there. */
  readonly path: string;

  /** Where it is, by the kind of its storage. */
  readonly storage: StorageLocation;

  /** Bytes of the file. */
  readonly size: number;

  /** What the file hashes to; absent unless the `hash` option is set. */
  readonly hash?: FileHash;

  /**
   * The request that brought the last byte, as guards see it; absent when the server died right
   * after that byte, and found it at its next start.
   */
  readonly request?: object;
}

/**
 * What a `@BeforeUploadFinish()` method adds to the answer to the last byte. It is kept as long as
 * the upload is known, and given again when the client asks again. Of an upload to a `@TusEndpoint()`
 * method, whose answer it is, only the headers count.
 *
 * @publicApi
 */
export interface FinishAnswer {
  /** From 200 to 299. */
  status?: number;

  /** Headers to add. */
  headers?: Readonly<Record<string, string>>;

  /** Text, or an object for JSON; 64 KiB at most. */
  body?: string | object;
}
