import type { S3Address } from '../s3-state.js';
import type { S3ObjectOptions } from '../s3.options.js';

/** What an object is, as the store tells. */
export interface S3Object {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly etag?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A part, as the store tells. */
export interface S3Part {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

/** A multipart upload, or an object, as a listing has it. */
export interface S3Listed {
  readonly key: string;
  /** Of a multipart upload. */
  readonly uploadId?: string;
  /** When it was begun, or came to be, in milliseconds since the epoch. */
  readonly at: number;
}

/** From byte `start` up to and including byte `end`. */
export interface S3Range {
  readonly start: number;
  readonly end: number;
}

/** What ends a request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** What an object may take the place of, as far as the store heeds that; of any unless given. */
export interface PlaceTerms {
  /** Of none. */
  readonly isNew?: boolean;
  /** Of the one that this tells from others. */
  readonly replaces?: string;
}

/** How an object comes to be. */
export interface NewObjectOptions extends RequestOptions, PlaceTerms {
  /** What it is created with. */
  readonly object?: S3ObjectOptions;
}

/** A source that is copied, as long as it is what it was. */
export interface CopySource extends S3Address {
  readonly etag?: string;
  readonly range?: S3Range;
}
