import type { StorageState, UploadRecord } from '../../registry/index.js';
import type { PartNumbers } from './part-numbers.js';

/** Where an object lies. */
export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/** A multipart upload, and which of its parts count. */
export interface MultipartState {
  readonly id: string;
  readonly parts: PartNumbers;
  /** The first number that was never reserved. */
  readonly next: number;
  /** What tells the last part from others, where it has the one number that is not used once. */
  readonly lastEtag?: string;
}

/** Bytes that are too few for a part, in an object of their own. */
export interface RemainderState {
  readonly key: string;
  readonly size: number;
}

/**
 * Requests that a process had sent, or was about to send, when the upload was taken from it. They
 * replace nothing that counts, but what they bring is to be removed.
 */
export interface LateRequests {
  /** Until when they may arrive, in milliseconds since the epoch. */
  readonly until: number;
  /** Where the application wanted the upload then: they may make an object there. */
  readonly key?: string;
}

/** What the record of an upload says of its bytes: what it does not name does not count. */
export interface S3State extends S3Address {
  /** Bytes that count. */
  readonly size: number;
  /** When the last of them came, in milliseconds since the epoch. */
  readonly at: number;
  /** Whether a multipart upload may have been begun of which the record has no id. */
  readonly hasBegun?: boolean;
  readonly multipart?: MultipartState;
  readonly remainder?: RemainderState;
  /** Whether there may be remainders that the record does not name. */
  readonly hasRemainders?: boolean;
  /** Whether all bytes are there, and are, or are being, made one object. */
  readonly isWhole?: boolean;
  /**
   * Bytes of the object that all parts make, those that do not count included, and the runs of its bytes
   * that count: where the store leaves no part out.
   */
  readonly detour?: { readonly size: number; readonly counted: readonly (readonly number[])[] };
  /** What tells the object from others that may come to its place. */
  readonly etag?: string;
  readonly late?: LateRequests;
}

/** What an upload's record says of its bytes. */
export function stateOf({ stored }: UploadRecord): S3State | undefined {
  return stored as S3State | undefined;
}

/** As a record keeps it: without what is not there. */
export function toStored(state: S3State): StorageState {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}
