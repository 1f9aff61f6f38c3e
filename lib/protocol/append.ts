import { assertOffsetOctetStream } from './body-checks.js';
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
