import { assertOffsetOctetStream, assertWithinMaxSize, assertWithinUpload } from './body-checks.js';
import type { BodyInfo } from './body-info.js';
import { parseChecksum } from './checksum.js';
import type { AnnouncedChecksum } from './checksum.js';
import type { CreationRules } from './creation.js';
import { single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { parseInteger } from './integer.js';
import { ProtocolError } from './protocol.error.js';

/** What a PATCH asks for. */
export interface AppendRequest {
  /** Where the client's bytes begin. */
  readonly offset: number;
  /** Bytes the whole upload will have; absent when the request does not say. */
  readonly length?: number;
  /** What the body must hash to. */
  readonly checksum?: AnnouncedChecksum;
}

/** How far an upload has come. */
export interface AppendTarget {
  /** Bytes held. */
  readonly offset: number;
  /** Bytes the whole upload will have; absent while the client defers it. */
  readonly length?: number;
}

/**
 * Reads the head of a PATCH (tus 1.0 §PATCH).
 *
 * @throws ProtocolError 415 for another media type, 400 for a header that is missing, wrong or not
 *   offered, 413 for a length that is too large to be counted where there is a limit.
 */
export function parseAppend(headers: HeaderFields, rules: CreationRules): AppendRequest {
  assertOffsetOctetStream(headers);
  const offset = single(headers, 'Upload-Offset');
  if (offset === undefined) throw new ProtocolError(400, 'Upload-Offset is missing.');
  const from = parseInteger('Upload-Offset', offset);
  const value = single(headers, 'Upload-Length');
  const length =
    value === undefined ? undefined : parseInteger('Upload-Length', value, rules.maxSize);
  const checksum = parseChecksum(headers, rules.extensions);
  return { offset: from, length, checksum };
}

/**
 * Checks a PATCH against the upload it is for (tus 1.0 §PATCH, §Upload-Defer-Length).
 *
 * A body without `Content-Length` is taken here whatever it brings; whoever reads it counts.
 *
 * @param maxSize bytes the largest upload may have; no limit unless given.
 * @returns the bytes the whole upload has from now on; `undefined` while that is still deferred.
 * @throws ProtocolError 409 with the right `Upload-Offset` before anything else, 400 for a length
 *   that contradicts the upload, 413 for too many bytes.
 */
export function assertAppendable(
  request: AppendRequest,
  body: BodyInfo,
  upload: AppendTarget,
  maxSize?: number,
): number | undefined {
  assertSameOffset(request.offset, upload.offset);
  const coming = body.length ?? 0;
  if (upload.length !== undefined) {
    assertSameLength(request.length, upload.length);
    assertWithinUpload(coming, upload.length - upload.offset);
    return upload.length;
  }
  const end = upload.offset + coming;
  if (request.length === undefined) assertWithinMaxSize('Content-Length', end, maxSize);
  else assertPossibleLength(request.length, end, maxSize);
  return request.length;
}

function assertSameOffset(asked: number, current: number): void {
  if (asked === current) return;
  // tus 1.0 leaves the header open here; it spares the client a HEAD.
  throw new ProtocolError(409, `Upload-Offset is ${asked}; the upload is at ${current}.`, {
    'Upload-Offset': String(current),
  });
}

/** Once set, the length cannot change (tus 1.0 §Upload-Defer-Length); to repeat it does no harm. */
function assertSameLength(asked: number | undefined, current: number): void {
  if (asked === undefined || asked === current) return;
  throw new ProtocolError(400, `Upload-Length is ${asked}; it was set to ${current} before.`);
}

function assertPossibleLength(length: number, end: number, maxSize?: number): void {
  assertWithinMaxSize('Upload-Length', length, maxSize);
  if (length >= end) return;
  throw new ProtocolError(400, `Upload-Length is ${length}; the upload would have ${end} bytes.`);
}
