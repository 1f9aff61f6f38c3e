import { single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { isOffsetOctetStream, OFFSET_OCTET_STREAM } from './media-type.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';

/** @throws ProtocolError 415 when the body is said to be anything but upload bytes (tus 1.0 §PATCH). */
export function assertOffsetOctetStream(headers: HeaderFields): void {
  const contentType = single(headers, 'Content-Type');
  if (isOffsetOctetStream(contentType)) return;
  const message =
    contentType === undefined
      ? `Content-Type is missing; it must be ${OFFSET_OCTET_STREAM}.`
      : `Content-Type must be ${OFFSET_OCTET_STREAM}, not ${quote(contentType)}.`;
  throw new ProtocolError(415, message);
}

/**
 * @param name the header that announces the bytes, for the message.
 * @throws ProtocolError 413 when the upload would have more bytes than it may (tus 1.0
 *   §Tus-Max-Size).
 */
export function assertWithinMaxSize(name: string, bytes: number, maxSize?: number): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new ProtocolError(
    413,
    `${name} is too large: the upload would have ${bytes} bytes, at most ${maxSize} are allowed.`,
  );
}

/** @throws ProtocolError 413 when a body goes past the end of the upload (RFC 9110 §15.5.14). */
export function assertWithinUpload(contentLength: number, remaining: number): void {
  if (contentLength <= remaining) return;
  throw new ProtocolError(
    413,
    `Content-Length is ${contentLength} bytes; the upload has only ${remaining} left.`,
  );
}
