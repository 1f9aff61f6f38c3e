/**
 * Methods a browser must be allowed for uploads, for `app.enableCors({ methods: [...] })`.
 *
 * @publicApi
 */
export const TUS_CORS_METHODS: readonly string[] = [
  'OPTIONS',
  'HEAD',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
];

/**
 * Request headers a browser must be allowed for uploads, for
 * `app.enableCors({ allowedHeaders: [...TUS_ALLOWED_HEADERS] })`.
 *
 * @publicApi
 */
export const TUS_ALLOWED_HEADERS: readonly string[] = [
  'Authorization',
  'Origin',
  'Content-Type',
  'Content-Disposition',
  'Content-Encoding',
  'X-Requested-With',
  'X-Request-ID',
  'X-HTTP-Method-Override',
  'Tus-Resumable',
  'Upload-Length',
  'Upload-Offset',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'Upload-Concat',
  'Upload-Checksum',
];

/**
 * Response headers a browser must be shown for uploads, for
 * `app.enableCors({ exposedHeaders: [...TUS_EXPOSED_HEADERS] })`.
 *
 * @publicApi
 */
export const TUS_EXPOSED_HEADERS: readonly string[] = [
  'Location',
  'Tus-Version',
  'Tus-Resumable',
  'Tus-Max-Size',
  'Tus-Extension',
  'Tus-Checksum-Algorithm',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'Upload-Concat',
  'Upload-Expires',
  'Retry-After',
  'X-Request-ID',
];

/**
 * Adds tokens to a comma-separated header value, those it has already, in any case, excepted.
 *
 * A `*` that stands there stays, and the tokens are added all the same: where a request has
 * credentials `*` is only a literal (Fetch §3.3.3).
 */
export function mergeTokens(current: string | undefined, add: readonly string[]): string {
  const tokens = new Map<string, string>();
  for (const token of [...(current ?? '').split(','), ...add]) {
    const name = token.trim();
    const key = name.toLowerCase();
    if (name !== '' && !tokens.has(key)) tokens.set(key, name);
  }
  return [...tokens.values()].join(', ');
}
