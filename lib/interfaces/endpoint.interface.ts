import type { Readable } from 'node:stream';
import type { UploadProtocol } from '../registry/index.js';
import type { Size } from './option-values.interface.js';
import type { FinishedUpload } from './upload.interface.js';

/**
 * Options of `@TusEndpoint()`.
 *
 * @publicApi
 */
export interface TusEndpointOptions {
  /**
   * Name of the instance that keeps the uploads.
   *
   * @default the instance without a name
   */
  instance?: string;

  /**
   * Name under which uploads of the endpoint are kept across restarts. Give one where the class or
   * the method may be renamed.
   *
   * @default 'Class#method'
   */
  id?: string;

  /**
   * Makes `request.body` the file itself, as a readable stream, with its `Content-Type` and
   * `Content-Length` on the request; else it is an `EndpointBody`.
   *
   * @default the module's `sendFile`
   */
  sendFile?: boolean;

  /**
   * The largest upload that is taken here.
   *
   * @default the module's `maxSize`
   */
  maxSize?: Size;

  /**
   * The protocols that clients may upload by. With `'ietf'` a request that speaks none of them is served
   * too: its body is an upload of its own.
   *
   * @default the module's `protocols`
   */
  protocols?: readonly UploadProtocol[];

  /**
   * The methods that create uploads by the IETF's protocol, or are uploads of their own. A route for PUT
   * is added where it is among them; PATCH creates an upload with `Upload-Complete` only.
   *
   * @default ['POST']
   */
  methods?: readonly EndpointMethod[];
}

/**
 * A method that may create an upload at a `@TusEndpoint()`.
 *
 * @publicApi
 */
export type EndpointMethod = 'POST' | 'PUT' | 'PATCH';

/**
 * `request.body` in a `@TusEndpoint()` method, unless the file itself is sent.
 *
 * @publicApi
 */
export interface EndpointBody {
  /** The client's file name made safe; the upload's id where there is none. */
  readonly filename: string;

  /** Absolute path of the file. */
  readonly path: string;

  /** Bytes of the file. */
  readonly size: number;

  /** What its client said, text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The upload as `@UploadedUpload()` gives it to a `@TusEndpoint()` method: a finished upload that
 * also has the properties that pipes expect of uploaded files.
 *
 * @publicApi
 */
export interface EndpointUpload extends Omit<FinishedUpload, 'attempt'> {
  /**
   * The type that the bytes show; else the declared type, if bytes cannot show that one, or
   * `application/octet-stream`.
   */
  readonly mimetype: string;

  /** The client's file name made safe; the upload's id where there is none. */
  readonly originalname: string;

  /**
   * The first bytes of the file, 4,100 at most, for Nest's `FileTypeValidator` and the like: they tell
   * what it is. None of a file that was removed. The whole file is at `path`. The property is not
   * enumerable, so copies and logs of the upload are without it.
   */
  readonly buffer: Buffer;

  /** The file as a stream, where `sendFile` is set. */
  readonly stream?: Readable;
}
