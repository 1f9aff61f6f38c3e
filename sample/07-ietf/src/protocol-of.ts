import type { IncomingHttpHeaders } from 'node:http';

/** By which protocol a file came, in words for the page. */
export function protocolOf(headers: IncomingHttpHeaders): string {
  if (headers['tus-resumable'] !== undefined) return 'tus 1.0';
  const version = headers['upload-draft-interop-version'];
  if (version !== undefined) return `IETF, version ${String(version)}`;
  return headers['upload-complete'] === undefined ? 'plain POST' : 'IETF';
}
