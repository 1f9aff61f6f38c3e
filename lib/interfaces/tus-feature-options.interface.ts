import type { Type } from '@nestjs/common';
import type {
  DownloadDisposition,
  Duration,
  HashAlgorithm,
  Size,
} from './option-values.interface.js';
import type { FinishedUpload } from './upload.interface.js';

/**
 * Tells the largest upload a request may create; `undefined` for no limit.
 *
 * @param request the request as guards see it
 * @publicApi
 */
export interface MaxSizeFunction {
  (this: void, request: never): Size | undefined | Promise<Size | undefined>;
}

/**
 * What one owner may have at a time; all uploads without an owner count as one owner's.
 *
 * What an upload takes is free again when it is terminated or expires, and when the file of a
 * finished one is removed by `cleanupFile()` or moved by `moveTo()`.
 *
 * A limit of 0 allows none; `Infinity`, or no limit, any number.
 *
 * @publicApi
 */
export interface TusQuota {
  /**
   * Most bytes of unfinished uploads, by their length, and of files that are kept, together. An
   * upload whose length is deferred counts as the largest it may become. More is refused with 413.
   */
  bytes?: Size;

  /** Most uploads that are unfinished or whose files are kept; one more is refused with 429. */
  uploads?: number;

  /** Most unfinished uploads; one more is refused with 429. */
  concurrent?: number;
}

/**
 * Tells the quota of the owner that a request is from; `undefined` for none.
 *
 * @param request the request as guards see it
 * @publicApi
 */
export interface QuotaFunction {
  (this: void, request: never): TusQuota | undefined | Promise<TusQuota | undefined>;
}

/**
 * What clients may say of their uploads in `Upload-Metadata`. Of a partial upload only the size of
 * it is checked: what the whole is, the final upload says.
 *
 * @publicApi
 */
export interface TusMetadataOptions {
  /**
   * A class with `class-validator` decorators that the metadata, as text by key, must satisfy. The
   * app must have `class-validator` and `class-transformer` installed.
   */
  type?: Type<object>;

  /**
   * A function that throws a `BadRequestException` for metadata the app does not want.
   *
   * @param metadata text by key
   * @param request the request as guards see it
   */
  validate?(
    this: void,
    metadata: Readonly<Record<string, string>>,
    request: object,
  ): void | Promise<void>;

  /**
   * Longest `Upload-Metadata` header.
   *
   * @default '8KB'
   */
  maxBytes?: Size;

  /**
   * Most keys.
   *
   * @default 64
   */
  maxKeys?: number;
}

/**
 * How whole files are hashed.
 *
 * @publicApi
 */
export interface TusHashOptions {
  /** By what: `'sha256'`, or another algorithm of tus' checksums. */
  algorithm: HashAlgorithm;

  /**
   * Key of `Upload-Metadata` into which a client may put the digest of its file, in hexadecimal
   * digits or in Base64. A creation that puts something else there is refused with 400, and a file
   * that hashes to another digest with 422 when its last byte has come; nothing of it is kept. A
   * client without that key is believed.
   *
   * @default none
   */
  compareWith?: string;
}

/**
 * Which origins may upload from a browser, answered by this module on its own routes.
 *
 * @publicApi
 */
export interface TusCorsOptions {
  /**
   * The origins that are allowed: one, a list (strings compare exactly), or `true` for any.
   *
   * @default true
   */
  origin?: boolean | string | RegExp | (string | RegExp)[];

  /**
   * Allows cookies and `Authorization` of the browser. The sites must then be named in `origin`: with
   * any, `null`, or a pattern that fits any, the start fails, for every site could act as the user.
   *
   * @default false
   */
  credentials?: boolean;

  /**
   * How long a browser may keep a preflight's answer.
   *
   * @default '24h'
   */
  maxAge?: Duration;

  /** Request headers allowed beside those of tus. */
  allowedHeaders?: string[];

  /** Response headers exposed beside those of tus. */
  exposedHeaders?: string[];

  /**
   * Answers `Access-Control-Request-Private-Network` with consent.
   *
   * @default false
   */
  privateNetwork?: boolean;
}

/**
 * How finished uploads are delivered to `@OnUploadFinished()` handlers.
 *
 * @publicApi
 */
export interface TusDeliveryOptions {
  /**
   * How often a handler that throws is tried. Attempts that end with their process are counted apart:
   * after three times as many, the delivery is given up too.
   *
   * @default 10
   */
  attempts?: number;

  /** Time between two attempts: `first`, then twice as long each time, up to `max`. */
  backoff?: {
    /** @default 1 */
    first?: Duration;
    /** @default '1h' */
    max?: Duration;
  };

  /**
   * How many deliveries to each handler run at the same time in this process. Each handler has as
   * many of its own, so a handler that hangs holds up no other.
   *
   * @default 10
   */
  concurrency?: number;

  /**
   * How long an attempt may take; `false` for any time. When it is over, the `signal` of its
   * `DeliveryContext` is aborted, and the attempt has failed unless the handler returns within a
   * second. A handler that goes on all the same is not called again for this upload in this process
   * until it has returned. Attempts that are due meanwhile wait for it up to `timeout`, and then
   * fail.
   *
   * @default false
   */
  timeout?: Duration | false;

  /**
   * What becomes of a file once all handlers of its upload have succeeded. Files of uploads without
   * handlers stay. The upload stays known as complete, and a file that was moved away is not
   * touched.
   *
   * @default 'keep'
   */
  afterDelivery?: 'keep' | 'remove';
}

/**
 * How finished uploads are served to GET.
 *
 * @publicApi
 */
export interface TusDownloadOptions {
  /**
   * Tells whether browsers are to show a file or to save it. Asked for each download.
   *
   * To be shown, a file is served as what its client declared it to be. Where that may be more than a
   * picture, a sound, a film, a PDF or plain text, HTML and SVG above all, it is sandboxed by
   * `Content-Security-Policy`: it is seen, but runs no script and loads nothing; a script is text.
   *
   * @param request the request as guards see it
   * @returns `undefined` for the default
   * @default images, audio, video, PDF and plain text are shown, everything else is saved
   */
  disposition?(
    this: void,
    upload: Omit<FinishedUpload, 'attempt'>,
    request: object,
  ): DownloadDisposition | undefined | Promise<DownloadDisposition | undefined>;

  /**
   * Answers with a redirect (302) to a URL of the storage itself, which lives so long and at which all
   * who know it can fetch the file; one second at least, seven days at most. It lives no longer than the
   * credentials it was made with. For a storage that has such URLs, as S3 does with
   * `@aws-sdk/s3-request-presigner`; the start fails for others. A file that is to be shown in a sandbox
   * is sent by the app all the same, and HEAD is answered by it.
   *
   * @default the app sends the bytes
   */
  redirect?: Duration;
}

/**
 * How partial uploads become a final one (tus 1.0 §Concatenation). It takes one of `maxAppends`, as a
 * request that brings bytes does. A final upload may name a part more than once; where no `maxSize`
 * bounds it, it has at most twice the bytes of its parts, each counted once. More is refused with 413.
 *
 * @publicApi
 */
export interface TusConcatenationOptions {
  /**
   * Most partial uploads that a final one may be made of, the same one again included; more are
   * refused with 400. Node bounds the header they are listed in as well (`maxHeaderSize`, 16 KB).
   *
   * @default 1000
   */
  maxParts?: number;

  /**
   * Removes partial uploads as soon as a final one was made of them; without it they expire.
   *
   * @default false
   */
  removePartials?: boolean;
}

/**
 * When uploads are removed.
 *
 * @publicApi
 */
export interface TusCleanupOptions {
  /**
   * Time between two passes; `false` for none but those `TusService.cleanup()` is asked for.
   *
   * @default '10m'
   */
  every?: Duration | false;

  /**
   * After how long the files of finished uploads are removed too; `false` for never. A file whose
   * handlers have not all succeeded yet, or that was moved away, is not touched.
   *
   * @default false
   */
  finishedAfter?: Duration | false;

  /**
   * How long an upload is remembered after its file has gone, so that a client that lost an
   * answer is told what became of it instead of sending everything again.
   *
   * Of what was terminated, refused or has expired only what its client is told is remembered, and of
   * each owner's only the last 1,000. A finished upload keeps its last answer, and metadata of up to
   * 512 bytes.
   *
   * @default '30d'
   */
  rememberFor?: Duration;
}

/**
 * How the IETF's resumable uploads are spoken (draft-ietf-httpbis-resumable-upload).
 *
 * @publicApi
 */
export interface TusIetfOptions {
  /**
   * The interop versions of the draft that are spoken, of 3, 5, 6, 7, 8, 9 and 10. A client names its own in
   * `Upload-Draft-Interop-Version`. One that names none is served by the newest of these, and is told
   * nothing ahead; one that names another is served as one that cannot resume.
   *
   * @default [6, 8, 9, 10]
   */
  versions?: readonly number[];

  /**
   * Sends `104 Upload Resumption Supported` ahead of the answer: where the upload is, before its body is
   * read, and at most once a second how far it has come. Turn it off behind a proxy that cannot pass on
   * informational responses. Clients can still resume what they create without its bytes
   * (`Upload-Complete: ?0`).
   *
   * @default true
   */
  informational?: boolean;

  /**
   * Most bytes that a client may send in one request, below what a proxy lets pass: clients are told it, and
   * send the rest in further ones. A body that announces more is refused with 413; of one that announces nothing
   * what comes up to there is kept. Requests that are uploads of their own may have as many as the upload.
   *
   * @default no limit
   */
  maxAppendSize?: Size;

  /**
   * Fewest bytes that a client may send in one request, unless nothing follows them: clients are told it. What
   * announces fewer is refused with 400; what announces nothing, or breaks off, is kept.
   *
   * @default no limit
   */
  minAppendSize?: Size;
}
