import { formatExpires } from './expiration.js';

/** What a client is told of an upload. */
export interface UploadStatus {
  /** Bytes held. */
  readonly offset: number;
  /** Bytes the whole upload will have; absent while the client defers it. */
  readonly length?: number;
  /** The `Upload-Metadata` header as sent. */
  readonly metadata?: string;
  /** The `Upload-Concat` header as received. */
  readonly concat?: string;
  /** When the upload expires, in milliseconds since the epoch; absent: it will not. */
  readonly expiresAt?: number;
}

/** The headers of a successful HEAD (tus 1.0 §HEAD). */
export function statusHeaders(status: UploadStatus): Record<string, string> {
  const { length, metadata, concat } = status;
  const headers = progressHeaders(status);
  // tus 1.0 §Upload-Defer-Length: one of both, never both.
  if (length === undefined) headers['Upload-Defer-Length'] = '1';
  else headers['Upload-Length'] = String(length);
  if (metadata !== undefined) headers['Upload-Metadata'] = metadata;
  if (concat !== undefined) headers['Upload-Concat'] = concat;
  headers['Cache-Control'] = 'no-store';
  return headers;
}

/** The headers of a successful POST or PATCH (tus 1.0 §PATCH, §Expiration). */
export function progressHeaders({
  offset,
  expiresAt,
}: Pick<UploadStatus, 'offset' | 'expiresAt'>): Record<string, string> {
  const headers: Record<string, string> = { 'Upload-Offset': String(offset) };
  if (expiresAt !== undefined) headers['Upload-Expires'] = formatExpires(expiresAt);
  return headers;
}
