import type { TusExtension } from '../protocol/index.js';
import type { UploadProtocol } from '../registry/index.js';
import type { RegistryFactory, StorageFactory } from './backend.interface.js';
import type { UploadDraft } from './hooks.interface.js';
import type {
  Durability,
  Duration,
  FileMode,
  HashAlgorithm,
  Size,
} from './option-values.interface.js';
import type {
  MaxSizeFunction,
  QuotaFunction,
  TusCleanupOptions,
  TusConcatenationOptions,
  TusCorsOptions,
  TusDeliveryOptions,
  TusDownloadOptions,
  TusHashOptions,
  TusIetfOptions,
  TusMetadataOptions,
  TusQuota,
} from './tus-feature-options.interface.js';

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
   * Where what is known of uploads is kept: what `postgres()` returns, or another `RegistryFactory`.
   *
   * @default LMDB in `tmpFileDir`, for the processes of one machine
   */
  registry?: RegistryFactory;

  /**
   * Where bytes are kept: what `s3()` returns, or another `StorageFactory`.
   *
   * @default files in `tmpFileDir`
   */
  storage?: StorageFactory;

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
   * `application/octet-stream` declares nothing, unless it is allowed itself.
   *
   * @default all
   */
  allowedTypes?: readonly string[];

  /**
   * The protocols that clients may upload by: `'tus'` (tus 1.0), and `'ietf'`, the IETF's resumable
   * uploads (draft-ietf-httpbis-resumable-upload), with plain requests whose body is an upload of its own.
   * A `@TusEndpoint()` may have others. Each request tells by its headers which one it speaks, and an
   * upload is gone on with by the protocol that it was created by.
   *
   * @default ['tus']
   */
  protocols?: readonly UploadProtocol[];

  /** How the IETF's protocol is spoken, where it is. */
  ietf?: TusIetfOptions;

  /**
   * The extensions of tus 1.0 that are offered. Without `termination` no protocol lets clients end
   * uploads; the others mean nothing to the IETF's.
   *
   * @default all but `checksum-trailer`: proxies such as nginx drop trailers
   */
  extensions?: readonly TusExtension[];

  /**
   * Tells whom a request belongs to. What it returns is stamped on an upload at creation and
   * compared on every later request: an upload of another owner answers 404.
   *
   * @param request the request as guards see it, so what they put on it (`request.user`) is there
   */
  owner?(this: void, request: object): string | undefined | Promise<string | undefined>;

  /**
   * Gives uploads ids of your own, such as ids that sort, or ids from your database: 1 to 100
   * letters, digits, `_` and `-`, the first a letter or a digit, and none of Windows' names for
   * devices (`con`). It is asked last, when all `@BeforeUploadCreate()` methods have agreed, with
   * the upload as they changed it; what it throws is answered as what they throw. An id that an
   * upload has, or had as long as that is remembered, in whatever case, is refused with 409.
   *
   * An id that can be guessed is no protection: let guards or `owner` protect uploads.
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
   * The least a request must send, in bytes a second. A slower request, averaged over `idleTimeout`
   * or 10 seconds, whichever is shorter, is ended, and its bytes are kept.
   *
   * @default none
   */
  minRate?: Size;

  /**
   * How many requests may bring bytes at the same time in this process, or make a final upload of
   * partial ones. One more is refused with 503 and `Retry-After` before its body is read; a request
   * that takes over a running append of the same upload does not count as one more.
   *
   * @default any number
   */
  maxAppends?: number;

  /**
   * How safely bytes are kept: `'completion'`, `'chunk'` or `'none'`.
   *
   * When the disk fails to flush, bytes that no earlier flush covered no longer count. The offset
   * goes back, at `'completion'` perhaps to 0, even of a file that was just whole. The client is
   * told 503 (507 for lack of room), and sends those bytes again.
   *
   * @default 'completion'
   */
  durability?: Durability;

  /**
   * Hashes whole files: `'sha1'`, `'sha256'`, `'sha512'`, `'md5'` or `'crc32'`. It is computed
   * while the bytes come. Bytes that came to another process or before a restart are read back from
   * the disk, and so is a final upload. Handlers, hooks and endpoints get it as `upload.hash`;
   * partial uploads have none.
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
 * A class that creates options for `forRootAsync({ useClass })` and `useExisting`.
 *
 * @publicApi
 */
export interface TusOptionsFactory {
  /** Called once, before the app starts. */
  createTusOptions(): TusModuleOptions | Promise<TusModuleOptions>;
}
