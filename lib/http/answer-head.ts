import onHeaders from 'on-headers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TUS_VERSION } from '../protocol/index.js';
import { completeCors } from './cors.js';
import { bodyHeaders } from './hidden-body.js';
import { lingerBeforeClose } from './linger.js';

/**
 * Completes the head of whatever answers a request on one of our routes, when it is about to be
 * sent: our own answer, a guard's refusal, a throttler's, an exception filter's.
 */
export function completeHead(req: IncomingMessage, res: ServerResponse): void {
  onHeaders(res, () => {
    // tus 1.0 §Tus-Resumable: in every response.
    res.setHeader('Tus-Resumable', TUS_VERSION);
    completeCors(req, res);
    if (req.method === 'HEAD' && !res.hasHeader('Cache-Control')) {
      res.setHeader('Cache-Control', 'no-store');
    }
    if (isOverriddenHead(req)) res.setHeader('Content-Length', '0');
    if (leavesBodyUnread(req)) closeAfter(req, res);
    else if (isFault(res) && req.httpVersionMajor < 2) res.setHeader('Connection', 'close');
  });
}

/** After a fault of ours, a client should come back on a fresh connection. */
function isFault(res: ServerResponse): boolean {
  return res.statusCode >= 500;
}

/** Whether a request became HEAD by its override: Node does not know that it takes no body. */
export function isOverriddenHead(req: IncomingMessage): boolean {
  return req.method === 'HEAD' && req.headers['x-http-method-override'] !== undefined;
}

/** Whether a request has, or may have, a body (RFC 9112 §6.3, RFC 9113 §8.1). */
export function hasBody(req: IncomingMessage): boolean {
  const headers = bodyHeaders(req);
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) > 0;
  if (req.httpVersionMajor < 2) return headers['transfer-encoding'] !== undefined;
  return !(req as IncomingMessage & { stream?: { endAfterHeaders?: boolean } }).stream
    ?.endAfterHeaders;
}

function closeAfter(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Connection', 'close');
  if (!isEndedByShutdown(req, res)) lingerBeforeClose(req);
}

/**
 * Whether a request was told to come back while its body was being read. It does so after a reset
 * too, and must not hold up a shutdown; one that is refused beforehand must read that it is.
 */
function isEndedByShutdown(req: IncomingMessage, res: ServerResponse): boolean {
  return res.statusCode === 503 && req.readableFlowing !== null;
}

/** Otherwise Node would take in all that the client still sends, only to drop it. */
function leavesBodyUnread(req: IncomingMessage): boolean {
  return req.httpVersionMajor < 2 && !req.complete && hasBody(req);
}
