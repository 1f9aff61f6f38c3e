/** The media type of an append (draft-ietf-httpbis-resumable-upload §Media Type). */
export const PARTIAL_UPLOAD = 'application/partial-upload';

/** Whether a `Content-Type` says that the body is a part of an upload; parameters do not matter. */
export function isPartialUpload(contentType: string | undefined): boolean {
  const [essence = ''] = (contentType ?? '').split(';', 1);
  return essence.trim().toLowerCase() === PARTIAL_UPLOAD;
}
