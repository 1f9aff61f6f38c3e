import type { IncomingMessage } from 'node:http';
import { bodyHeaders } from './hidden-body.js';

/** Whether a request has, or may have, a body (RFC 9112 §6.3, RFC 9113 §8.1). */
export function hasBody(req: IncomingMessage): boolean {
  const headers = bodyHeaders(req);
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) > 0;
  if (req.httpVersionMajor < 2) return headers['transfer-encoding'] !== undefined;
  return !(req as IncomingMessage & { stream?: { endAfterHeaders?: boolean } }).stream
    ?.endAfterHeaders;
}
