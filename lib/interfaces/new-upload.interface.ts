import type { UploadProtocol } from '../registry/index.js';
import type { Size } from './option-values.interface.js';
import type { FinishedUpload } from './upload.interface.js';

/**
 * What `TusService.create()` takes.
 *
 * @publicApi
 */
export interface NewUploadInput {
  /**
   * What it is called, by the rules of the `uploadId` option.
   *
   * @default what that option says, or a random id
   */
  id?: string;

  /** Bytes it will have; absent: the client says so. */
  length?: number;

  /** What its client says of it, text by key, as in `Upload-Metadata`. */
  metadata?: Readonly<Record<string, string>>;

  /**
   * The protocol that the client is to send it by.
   *
   * @default 'tus', or 'ietf' where only that is spoken
   */
  protocol?: UploadProtocol;

  /** Whom it belongs to, as the `owner` option would say of that client's requests. */
  owner?: string;

  /**
   * Most bytes it may have.
   *
   * @default the module's `maxSize`
   */
  maxSize?: Size;

  /** Where the finished file is to lie, relative to `tmpFileDir` and inside of it. */
  path?: string;
}

/**
 * An upload that the server created, for a client to send.
 *
 * @publicApi
 */
export interface CreatedUpload {
  /** The last part of its URL. */
  readonly id: string;

  /** Where to send it: what `Location` would be; absolute where `publicUrl` is a URL. */
  readonly url: string;
}

/**
 * What came of a request that `TusService.handle()` answered.
 *
 * @publicApi
 */
export type HandledRequest =
  | {
      /** This request finished no upload; it was answered all the same. */
      readonly uploadFinished: false;
      /** Absent. */
      readonly upload?: undefined;
    }
  | {
      /** This request finished an upload; of a repeated one it is false. */
      readonly uploadFinished: true;
      /** The upload, as a handler gets it. */
      readonly upload: Omit<FinishedUpload, 'attempt'>;
    };

/**
 * What `TusService.adopt()` takes: a file that another server has received, in whole or in part.
 *
 * @publicApi
 */
export interface AdoptedFile {
  /** The upload's id there, by the rules of the `uploadId` option. */
  id: string;

  /** Where the bytes lie that have come. */
  path: string;

  /** Bytes the whole upload has; absent while its client defers it. */
  length?: number;

  /** What its client says of it, text by key, as in `Upload-Metadata`. */
  metadata?: Readonly<Record<string, string>>;

  /** Whom it belongs to, as the `owner` option would say of its client's requests. */
  owner?: string;

  /** @default now */
  createdAt?: Date;
}
