import type { ExpectedChecksum } from '../bodies/body-check.js';
import {
  FinalUploadError,
  LengthMismatchError,
  OffsetMismatchError,
  PastLengthError,
} from '../model/append.errors.js';
import { assertWithinLimit, UploadTooLargeError } from '../model/limit.errors.js';
import { isFinal } from '../model/upload-kind.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';

/** What is asked of an upload that bytes are to be appended to. */
export interface AppendRequest {
  /** Where the bytes begin. */
  readonly offset: number;
  /** Bytes the whole upload will have; absent when the request does not say. */
  readonly length?: number;
  /** What the bytes must hash to. */
  readonly checksum?: ExpectedChecksum;
  /** Whether nothing follows them; absent: the client does not say, for the length tells. */
  readonly isLast?: boolean;
  /** Whether more bytes than the upload's length end it. */
  readonly endsWhenPast?: boolean;
  /** Most bytes that the body may have; absent: no limit. What comes up to there is kept. */
  readonly maxBytes?: number;
  /** Is told how many bytes the upload has, while they come. */
  onAdvanced?(this: void, offset: number): void;
}

/**
 * Holds a request against its upload. Bytes that are not announced are counted when the body is
 * read.
 *
 * @param coming bytes that are announced to come; `undefined` when they are not
 * @returns bytes the whole upload has from now on; `undefined` while that is still deferred
 * @throws FinalUploadError
 * @throws OffsetMismatchError before all that follows
 * @throws LengthMismatchError for a length that contradicts the upload
 * @throws UploadTooLargeError for too many bytes
 */
export function assertAppendable(
  request: AppendRequest,
  coming: number | undefined,
  snapshot: UploadSnapshot,
): number | undefined {
  const { record, offset } = snapshot;
  if (isFinal(record)) throw new FinalUploadError();
  if (request.offset !== offset) throw new OffsetMismatchError(request.offset, offset);
  if (request.isLast !== undefined) return lengthFrom(request, coming, snapshot);
  return derivedLength(request, coming ?? 0, snapshot);
}

function derivedLength(
  request: AppendRequest,
  coming: number,
  { record, offset }: UploadSnapshot,
): number | undefined {
  if (record.length !== undefined) {
    assertSameLength(request.length, record.length);
    assertWithinUpload(coming, record.length - offset);
    return record.length;
  }
  const end = offset + coming;
  assertWithinLimit(request.length ?? end, record.maxSize);
  if (request.length !== undefined) assertPossibleLength(request.length, end);
  return request.length;
}

/** The length, where the client says which bytes are the last: all that is said of it must agree. */
function lengthFrom(
  { length: told, isLast }: AppendRequest,
  coming: number | undefined,
  { record, offset }: UploadSnapshot,
): number | undefined {
  const end = offset + (coming ?? 0);
  const byEnd = isLast && coming !== undefined ? end : undefined;
  const length = record.length ?? told ?? byEnd;
  assertWithinLimit(
    Math.max(end, length ?? 0),
    record.length === undefined ? record.maxSize : undefined,
  );
  if (length === undefined) return undefined;
  assertSameLength(told, length);
  assertSameLength(byEnd, length);
  if (end <= length) return length;
  const message = `The body has ${coming} bytes; the upload has only ${length - offset} left.`;
  // What only this request says of it, or what is complete, is not ended by it.
  const isKnown = record.length !== undefined && record.state === 'receiving';
  throw isKnown ? new PastLengthError(message) : new LengthMismatchError(message);
}

/** Once set, the length cannot change; to repeat it does no harm. */
function assertSameLength(asked: number | undefined, current: number): void {
  if (asked === undefined || asked === current) return;
  throw new LengthMismatchError(`The length is ${asked}; it was set to ${current} before.`);
}

function assertWithinUpload(coming: number, left: number): void {
  if (coming <= left) return;
  throw new UploadTooLargeError(`The body has ${coming} bytes; the upload has only ${left} left.`);
}

function assertPossibleLength(length: number, end: number): void {
  if (length >= end) return;
  throw new LengthMismatchError(`The length is ${length}; the upload would have ${end} bytes.`);
}
