import type { BodyInfo } from './body-info.js';
import { parseChecksum } from './checksum.js';
import type { AnnouncedChecksum } from './checksum.js';
import { parseConcat } from './concat.js';
import type { Concat, ConcatRules, CreationPaths } from './concat.js';
import { joined, single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { parseInteger } from './integer.js';
import { isBlank, parseMetadata } from './metadata.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';
import { assertOffsetOctetStream, assertWithinMaxSize, assertWithinUpload } from './body-checks.js';

/** What a creation asks for. */
export interface CreationRequest {
  /** Bytes the upload will have; absent while the client defers it. */
  readonly length?: number;
  /** The `Upload-Metadata` header as sent; absent when there is none or a blank one. */
  readonly metadata?: string;
  /** What the body must hash to. */
  readonly checksum?: AnnouncedChecksum;
  /** Whether the upload is part of another one, or made of others. */
  readonly concat?: Concat;
  /** The `Upload-Concat` header as sent. */
  readonly concatHeader?: string;
}

/** What the server offers. */
export interface CreationRules extends ConcatRules {
  /** Bytes the largest upload may have (`Tus-Max-Size`); absent: no limit. */
  readonly maxSize?: number;
}

/**
 * Reads and checks the head of a POST to the creation URL (tus 1.0 §Creation,
 * §Creation With Upload).
 *
 * @throws ProtocolError 400 for a header that is missing, wrong or not offered, 413 for too many
 *   bytes, 415 for a body of another media type.
 */
export function parseCreation(
  headers: HeaderFields,
  body: BodyInfo,
  rules: CreationRules,
  paths: CreationPaths = () => [],
): CreationRequest {
  const concat = parseConcat(headers, rules, paths);
  if (concat?.kind === 'final') assertFinal(headers, body);
  const checksum = parseChecksum(headers, rules.extensions);
  if (body.present) assertBodyAllowed(headers, rules);
  assertOffsetZero(headers);
  const length = concat?.kind === 'final' ? undefined : parseLength(headers, rules);
  assertBodyFits(body, length, rules.maxSize);
  const metadata = parseMetadataHeader(headers);
  const concatHeader = concat && single(headers, 'Upload-Concat');
  return { length, metadata, checksum, concat, concatHeader };
}

/** tus 1.0 §Concatenation: the length of a final upload is its parts', and so are its bytes. */
function assertFinal(headers: HeaderFields, body: BodyInfo): void {
  for (const name of ['Upload-Length', 'Upload-Defer-Length']) {
    if (headers[name.toLowerCase()] === undefined) continue;
    throw new ProtocolError(400, `${name} must not be sent for a final upload.`);
  }
  if (body.present) throw finalIsClosed();
}

/** The answer to bytes for a final upload: 403 (tus 1.0 §Concatenation). */
export function finalIsClosed(): ProtocolError {
  return new ProtocolError(403, 'A final upload takes no bytes of its own.');
}

/** tus 1.0 §Creation With Upload. Ignoring a body of another type would lose it silently. */
function assertBodyAllowed(headers: HeaderFields, rules: CreationRules): void {
  if (!rules.extensions.has('creation-with-upload')) {
    throw new ProtocolError(400, 'A body is not accepted: creation-with-upload is not offered.');
  }
  assertOffsetOctetStream(headers);
}

/** A new upload begins at 0; the header is no part of a creation, but some clients send it. */
function assertOffsetZero(headers: HeaderFields): void {
  const offset = single(headers, 'Upload-Offset');
  if (offset === undefined || parseInteger('Upload-Offset', offset) === 0) return;
  throw new ProtocolError(400, `Upload-Offset must be 0 at creation, not ${quote(offset)}.`);
}

/** tus 1.0 §Creation, §Upload-Defer-Length: one of both headers, and the length within the limit. */
function parseLength(headers: HeaderFields, rules: CreationRules): number | undefined {
  const length = single(headers, 'Upload-Length');
  const deferred = isDeferred(headers, rules);
  if (length === undefined && !deferred) {
    throw new ProtocolError(400, 'Upload-Length is missing.');
  }
  if (length === undefined) return undefined;
  if (deferred) {
    throw new ProtocolError(400, 'Upload-Length and Upload-Defer-Length exclude each other.');
  }
  const bytes = parseInteger('Upload-Length', length, rules.maxSize);
  assertWithinMaxSize('Upload-Length', bytes, rules.maxSize);
  return bytes;
}

function isDeferred(headers: HeaderFields, rules: CreationRules): boolean {
  const value = single(headers, 'Upload-Defer-Length');
  if (value === undefined) return false;
  if (value !== '1') {
    throw new ProtocolError(400, `Upload-Defer-Length must be 1, not ${quote(value)}.`);
  }
  if (rules.extensions.has('creation-defer-length')) return true;
  // 400 and not 501: clients repeat what failed with a 5xx.
  throw new ProtocolError(
    400,
    'Upload-Defer-Length is not accepted: creation-defer-length is not offered.',
  );
}

function assertBodyFits(body: BodyInfo, length: number | undefined, maxSize?: number): void {
  if (body.length === undefined) return;
  if (length === undefined) assertWithinMaxSize('Content-Length', body.length, maxSize);
  else assertWithinUpload(body.length, length);
}

function parseMetadataHeader(headers: HeaderFields): string | undefined {
  // A list may be spread over several lines; a key that repeats is refused by the parser.
  const header = joined(headers, 'Upload-Metadata');
  if (header === undefined || isBlank(header)) return undefined;
  parseMetadata(header);
  return header;
}
