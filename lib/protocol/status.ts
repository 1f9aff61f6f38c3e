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
  return {
    ...progressHeaders(status),
    ...lengthHeader(status.length),
    ...(status.metadata !== undefined && { 'Upload-Metadata': status.metadata }),
    ...(status.concat !== undefined && { 'Upload-Concat': status.concat }),
    'Cache-Control': 'no-store',
  };
}

/** The headers of a successful POST or PATCH (tus 1.0 §PATCH, §Expiration). */
export function progressHeaders(
  status: Pick<UploadStatus, 'offset' | 'expiresAt'>,
): Record<string, string> {
  return {
    'Upload-Offset': String(status.offset),
    ...(status.expiresAt !== undefined && { 'Upload-Expires': formatExpires(status.expiresAt) }),
  };
}

/** tus 1.0 §Upload-Defer-Length: one of both, never both. */
function lengthHeader(length: number | undefined): Record<string, string> {
  if (length === undefined) return { 'Upload-Defer-Length': '1' };
  return { 'Upload-Length': String(length) };
}
