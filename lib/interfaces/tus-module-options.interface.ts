import type {
  ConfigurableModuleAsyncOptions,
  ControllerOptions,
  DynamicModule,
  ForwardReference,
  Type,
} from '@nestjs/common';
import type { ChecksumAlgorithm, TusExtension } from '../protocol/index.js';
import type { TusController } from '../tus.controller.js';
import type { UploadDraft } from './hooks.interface.js';
import type { FinishedUpload } from './upload.interface.js';

/**
 * A length of time: a number of seconds, or a string such as `'90s'`, `'10m'`, `'24h'`, `'7d'`; more
 * than zero, and 100 years at most. A string without a unit is seconds too, as an environment
 * variable has them: `'3600'`.
 *
 * @publicApi
 */
export type Duration = number | string;

/**
 * A size: a number of bytes, or a string such as `'512KB'`, `'10MB'`, `'2GB'` (1 KB is 1,024 bytes).
 * A string without a unit is bytes too, as an environment variable has them: `'1048576'`.
 *
 * @publicApi
 */
export type Size = number | string;

/**
 * Who may do what with a file or a folder: a number such as `0o640`, or its octal digits, such as
 * `'0640'`.
 *
 * @publicApi
 */
export type FileMode = number | string;

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
 * A limit of 0 allows none; `Infinity`, like one that is left out, any number.
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
 * Tells the quota of whoever a request is from; `undefined` for none.
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
 * How whole files may be hashed: as the bodies of requests are (tus 1.0 §Checksum).
 *
 * @publicApi
 */
export type HashAlgorithm = ChecksumAlgorithm;

/**
 * How whole files are hashed.
 *
 * @publicApi
 */
export interface TusHashOptions {
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
 * How hard an upload's bytes are kept.
 *
 * - `'completion'`: a finished file is on disk before the client hears of it;
 * - `'chunk'`: every acknowledged byte is;
 * - `'none'`: the operating system writes them when it likes. A killed process still loses
 *   nothing, a lost machine may lose all that is known of uploads.
 *
 * @publicApi
 */
export type Durability = 'none' | 'completion' | 'chunk';

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
   * How many deliveries to each handler run at the same time in this process. Each handler has so
   * many of its own, so one that hangs holds up no other.
   *
   * @default 10
   */
  concurrency?: number;

  /**
   * How long an attempt may take; `false` for any time. When it is over, the `signal` of its
   * `DeliveryContext` is aborted, and the attempt has failed unless the handler returns within a
   * second. One that goes on all the same is not called again for this upload in this process before
   * it has returned; attempts that come due meanwhile wait for it, as long as `timeout`, and fail.
   *
   * @default false
   */
  timeout?: Duration | false;

  /**
   * What becomes of a file once all handlers of its upload have succeeded. Those of an upload that
   * has no handlers stay. The upload stays known as complete, and a file that was moved away is
   * not touched.
   *
   * @default 'keep'
   */
  afterDelivery?: 'keep' | 'remove';
}

/**
 * Whether browsers show a file, or save it (RFC 6266 §4.2).
 *
 * @publicApi
 */
export type DownloadDisposition = 'inline' | 'attachment';

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
 * Options of `TusModule.forRoot()` that may also come from the factory of `forRootAsync()`.
 *
 * @publicApi
 */
export interface TusModuleOptions {
  /**
   * Folder for uploads and, in `.tus` inside it, for what is known of them. It is made when it is
   * not there and must lie on a local disk.
   *
   * @default './uploads', of a named instance './uploads/<name>'
   */
  tmpFileDir?: string;

  /**
   * Mode of uploaded files, exactly as given: the process's umask takes nothing from it. Files keep
   * it when they are moved. Its owner must read and write them (`0600`), and there is no more than
   * `0777`. On Windows it means nothing.
   *
   * @default 0666 without what the umask forbids, so mostly 0644
   */
  fileMode?: FileMode;

  /**
   * Mode of folders that this module makes for uploads: `tmpFileDir` and those above it, the ones a
   * file is placed in or moved to. It is exactly as given, as `fileMode` is, and means nothing for
   * folders that are there. Their owner must have all rights (`0700`); `setgid` (`2770`) hands their
   * group on.
   *
   * What is known of uploads, in `.tus`, is for the process's own user only, always.
   *
   * @default 0777 without what the umask forbids, so mostly 0755
   */
  directoryMode?: FileMode;

  /**
   * How long an unfinished upload may lie idle before it expires (tus 1.0 §Expiration). Every byte
   * that arrives starts the time anew.
   *
   * @default '24h'
   */
  uploadValidDuration?: Duration;

  /**
   * The largest upload that is taken; without it there is no limit. A function tells it for each
   * creation; what it returned then counts for that upload.
   */
  maxSize?: Size | MaxSizeFunction;

  /**
   * What one owner (see `owner`) may have at a time, counted in the same step in which an upload is
   * created, so that no two can pass at once. A function tells it for each creation.
   */
  quota?: TusQuota | QuotaFunction;

  /**
   * Refuses an upload at its creation, with 507, when the disk has no room for it beside what the
   * unfinished ones have still to receive.
   *
   * @default false
   */
  reserveDisk?: boolean;

  /** What clients may say of their uploads in `Upload-Metadata`. */
  metadata?: TusMetadataOptions;

  /**
   * The kinds of files that are taken, such as `['image/*', 'application/pdf']`. A type that is
   * declared (metadata `filetype` or `type`) is checked at creation, and the bytes themselves as
   * soon as enough of them are there: what is not allowed ends with 415, and nothing is kept.
   *
   * @default all
   */
  allowedTypes?: readonly string[];

  /**
   * The extensions of tus 1.0 that are offered.
   *
   * @default all but `checksum-trailer`: proxies such as nginx drop trailers
   */
  extensions?: readonly TusExtension[];

  /**
   * Tells whom a request belongs to. What it returns is stamped on an upload at creation and
   * compared on every later request: someone else's upload answers 404.
   *
   * @param request the request as guards see it, so what they put on it (`request.user`) is there
   */
  owner?(this: void, request: object): string | undefined | Promise<string | undefined>;

  /**
   * Gives uploads ids of your own, such as one that sorts or one from your database: 1 to 100
   * letters, digits, `_` and `-`, the first a letter or a digit, and none of Windows' names for
   * devices (`con`). It is asked last, when all `@BeforeUploadCreate()` methods have agreed, with the
   * upload as they changed it; what it throws is answered as what they throw. An id that an upload
   * has, or had as long as that is remembered, in whatever case, is refused with 409.
   *
   * An id that can be guessed keeps nobody out: let guards or `owner` do that.
   *
   * @param request the request as guards see it; absent for `TusService.create()`
   * @returns the id; `undefined` for a random one
   * @default 128 random bits as 32 hexadecimal digits
   */
  uploadId?(
    this: void,
    draft: UploadDraft,
    request?: object,
  ): string | undefined | Promise<string | undefined>;

  /**
   * Makes `Location` absolute: the public URL of the upload path, or `'request'` to take scheme
   * and host from each request (forwarded headers count where the app trusts its proxy).
   *
   * @default none: `Location` is the path of the request, which survives every proxy
   */
  publicUrl?: string;

  /**
   * How long a request may go without sending a byte before it is ended, its bytes kept.
   *
   * @default 60
   */
  idleTimeout?: Duration;

  /**
   * The least a request must send, in bytes a second: one that stays below it, averaged over
   * `idleTimeout` or 10 seconds, whichever is shorter, is ended, its bytes kept.
   *
   * @default none
   */
  minRate?: Size;

  /**
   * How many requests may bring bytes at the same time in this process, or make a final upload of
   * partial ones. One more is refused with 503 and `Retry-After` before its body is read; one that
   * takes a running append of the same upload over is not one more.
   *
   * @default any number
   */
  maxAppends?: number;

  /**
   * How hard bytes are kept: `'completion'`, `'chunk'` or `'none'`.
   *
   * When the disk fails to flush, what no flush before has covered does not count any more: the offset
   * goes back, which at `'completion'` may be to 0 of a file that was just whole, and the client is
   * refused with 503 (507 for lack of room) and sends the rest again.
   *
   * @default 'completion'
   */
  durability?: Durability;

  /**
   * Hashes whole files: `'sha1'`, `'sha256'`, `'sha512'`, `'md5'` or `'crc32'`. It is computed while
   * the bytes come, and read back from the disk where those before them came to another process or
   * before a restart, and of a final upload. Handlers, hooks and endpoints get it as `upload.hash`;
   * of parts of an upload there is none.
   *
   * @default none
   */
  hash?: HashAlgorithm | TusHashOptions;

  /**
   * Whether this process calls `@OnUploadFinished()` handlers, cleans up, and repairs what processes that
   * died have left. Where it is false, another process on the folder does: it hears of each finished
   * upload at once, and a worker that starts later finds what is waiting. `TusService.cleanup()` and
   * `retry()` work everywhere.
   *
   * @default true where the app has an HTTP server; false in a standalone app, such as a script, and
   * in a microservice
   */
  background?: boolean;

  /** How finished uploads are delivered. */
  delivery?: TusDeliveryOptions;

  /**
   * Makes `request.body` of `@TusEndpoint()` methods the file itself, as a readable stream; else it
   * is the file's name, path, size and metadata.
   *
   * @default false
   */
  sendFile?: boolean;

  /**
   * Serves finished uploads to GET on their URL, to whom guards and `owner` let; `true`, or how.
   *
   * @default false
   */
  download?: boolean | TusDownloadOptions;

  /** How partial uploads become a final one. */
  concatenation?: TusConcatenationOptions;

  /** When uploads are removed. */
  cleanup?: TusCleanupOptions;

  /**
   * Lets this module answer CORS on its own routes. Apps that call `enableCors()` do not need it:
   * what they grant is completed with what tus clients need.
   *
   * @default false
   */
  cors?: boolean | TusCorsOptions;
}

/**
 * Options that shape the controller and the module; `forRootAsync()` reads them synchronously too,
 * beside its factory.
 *
 * @publicApi
 */
export interface TusModuleExtras {
  /**
   * Path the upload controller serves, below the app's global prefix. May hold parameters
   * (`tenants/:tenant/files`), but no wildcard. An upload is there only under those parameters that
   * it was created under.
   *
   * @default '/files'
   */
  uploadPath?: string;

  /** Name of a further instance, injected by `@InjectTus(name)`. */
  name?: string;

  /** Decorators for the controller class: guards, throttling, documentation. */
  decorators?: ClassDecorator[];

  /** A subclass of `TusController` to serve the path, with its own decorators and routes. */
  controller?: Type<TusController>;

  /** Modules whose exports the decorators' guards and interceptors inject. */
  imports?: (Type | DynamicModule | Promise<DynamicModule> | ForwardReference)[];

  /**
   * Version of the controller's routes, where the app uses versioning.
   *
   * @default VERSION_NEUTRAL
   */
  version?: ControllerOptions['version'];

  /**
   * Makes the module's exports visible everywhere.
   *
   * @default false
   */
  isGlobal?: boolean;
}

/**
 * A class that creates options for `forRootAsync({ useClass })` and `useExisting`.
 *
 * @publicApi
 */
export interface TusOptionsFactory {
  createTusOptions(): TusModuleOptions | Promise<TusModuleOptions>;
}

/**
 * What `TusModule.forRootAsync()` takes.
 *
 * @publicApi
 */
export type TusModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  TusModuleOptions,
  'createTusOptions'
> &
  TusModuleExtras;
