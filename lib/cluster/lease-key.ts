import { isUploadId } from '../protocol/index.js';

/**
 * What a lease is of, and a claim: an upload, or something beside it that one at a time may do.
 *
 * A text, for members tell it each other. That of an upload is its id; all others have a dot, which no
 * id has.
 */
export type LeaseKey = string & {
  /** Is not there: it tells the compiler that not every text is a key. */
  readonly isLeaseKey: never;
};

/** Held by the process that makes a cleanup pass, so that one at a time does. */
export const CLEANUP_KEY = leaseKeyOf('.cleanup');

/** Of an upload. */
export function uploadKey(id: string): LeaseKey {
  return leaseKeyOf(id);
}

/** Of the answer that the endpoint of a finished upload gives, while the upload itself may be used. */
export function answerKey(id: string): LeaseKey {
  return leaseKeyOf(`${id}.answer`);
}

/** Of the creation of an upload whose id others may want too. */
export function creationKey(id: string): LeaseKey {
  return leaseKeyOf(`${id}.new`);
}

/** The id of the upload that a key is of; `undefined` for all other keys. */
export function uploadIdOf(key: LeaseKey): string | undefined {
  return isUploadId(key) ? key : undefined;
}

/** A key as another member, or this one, has written it. */
export function leaseKeyOf(text: string): LeaseKey {
  return text as LeaseKey;
}
