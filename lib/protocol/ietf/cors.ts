/**
 * Request headers a browser must be allowed for resumable uploads of the IETF's protocol, beside
 * `TUS_ALLOWED_HEADERS`.
 *
 * @publicApi
 */
export const IETF_ALLOWED_HEADERS: readonly string[] = [
  'Upload-Complete',
  'Upload-Incomplete',
  'Upload-Draft-Interop-Version',
  'Content-Digest',
  'Repr-Digest',
  'Want-Repr-Digest',
  'Incremental',
];

/**
 * Response headers a browser must be shown for resumable uploads of the IETF's protocol, beside
 * `TUS_EXPOSED_HEADERS`.
 *
 * @publicApi
 */
export const IETF_EXPOSED_HEADERS: readonly string[] = [
  'Upload-Complete',
  'Upload-Incomplete',
  'Upload-Limit',
  'Upload-Draft-Interop-Version',
  'Accept-Patch',
  'Repr-Digest',
];
