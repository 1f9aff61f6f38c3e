import type { Checksum } from '../checksum.js';
import type { HeaderFields } from '../header-fields.js';
import { completenessOf, type IetfDialect } from './dialect.js';
import { announcedDigestField } from './digests.js';
import { countField } from './fields.js';
import { isPartialUpload, PARTIAL_UPLOAD } from './media-type.js';
import { ProblemError } from './problem.js';

/** What an append asks for. */
export interface IetfAppend {
  /** Where its bytes begin. */
  readonly offset: number;
  /** Whether nothing follows. */
  readonly isLast: boolean;
  /** Bytes the whole upload will have; absent where the request does not say. */
  readonly length?: number;
  /** What the body must hash to. */
  readonly digest?: Checksum;
}

/**
 * Reads the head of an append (draft §Upload Append).
 *
 * @throws ProblemError 415 with `Accept-Patch` for another media type, 400 for a field that is missing or
 *   counts as missing, or a digest that is none
 */
export function parseIetfAppend(headers: HeaderFields, { profile }: IetfDialect): IetfAppend {
  if (profile.hasMediaType) assertPartialUpload(headers);
  const offset = countField(headers, 'Upload-Offset');
  if (offset === undefined) throw new ProblemError(400, 'Upload-Offset is missing, or no integer.');
  const isLast = completenessOf(headers, profile) ?? !profile.mustSayComplete;
  if (profile.mustSayComplete && completenessOf(headers, profile) === undefined) {
    throw new ProblemError(400, 'Upload-Complete is missing, or no boolean (?0 or ?1).');
  }
  const length = countField(headers, 'Upload-Length');
  return { offset, isLast, length, digest: announcedDigestField(headers, 'Content-Digest') };
}

/** What a request must not say of an upload that it only asks for, or ends (draft -01 to -05). */
const STATE_FIELDS = ['Upload-Offset', 'Upload-Complete', 'Upload-Incomplete', 'Upload-Length'];

/** @throws ProblemError 400 where HEAD, GET or DELETE says what the upload's state is */
export function assertStateless(headers: HeaderFields): void {
  const name = STATE_FIELDS.find((each) => headers[each.toLowerCase()] !== undefined);
  if (name === undefined) return;
  throw new ProblemError(400, `${name} must not be sent with this method.`);
}

function assertPartialUpload(headers: HeaderFields): void {
  if (isPartialUpload(headers['content-type']?.[0])) return;
  throw new ProblemError(
    415,
    `Content-Type must be ${PARTIAL_UPLOAD}.`,
    {},
    { 'Accept-Patch': PARTIAL_UPLOAD },
  );
}
