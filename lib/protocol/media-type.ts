/** The media type of upload bytes (tus 1.0 §PATCH). */
export const OFFSET_OCTET_STREAM = 'application/offset+octet-stream';

/**
 * Whether a `Content-Type` says that the body is upload bytes. Type and subtype are compared
 * regardless of case (RFC 9110 §8.3.1), parameters do not matter.
 */
export function isOffsetOctetStream(contentType: string | undefined): boolean {
  const [essence = ''] = (contentType ?? '').split(';', 1);
  return essence.trim().toLowerCase() === OFFSET_OCTET_STREAM;
}
