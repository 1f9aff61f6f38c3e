import onHeaders from 'on-headers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { completenessHeader, TUS_VERSION, type IetfDialect } from '../../protocol/index.js';
import { dropRestAfter } from '../connection/connection.js';
import { lingerBeforeClose } from '../connection/linger.js';
import { ietfDialect } from '../request/dialect.js';
import { hasBody } from '../request/has-body.js';
import { showBody } from '../request/hidden-body.js';
import { completeCors } from './cors.js';
import type { ForeignAnswers } from './foreign-answers.js';

/**
 * Completes the head of every answer to a request on one of our routes, when it is about to be
 * sent: our own answer, a guard's refusal, a throttler's, an exception filter's. Where a request
 * became HEAD by its override, no body follows.
 *
 * @param foreign notices answers that others give
 * @param exposed headers that pages are to be shown
 */
export function completeHead(
  req: IncomingMessage,
  res: ServerResponse,
  foreign?: ForeignAnswers,
  exposed?: readonly string[],
): void {
  onHeaders(res, () => {
    foreign?.notice(req, res);
    // Loggers of the answer are to see the request as it was sent.
    showBody(req);
    nameProtocol(req, res);
    completeCors(req, res, exposed);
    if (mayBeCached(req) && !res.hasHeader('Cache-Control')) {
      res.setHeader('Cache-Control', 'no-store');
    }
    if (isOverriddenHead(req)) sayNoBody(res);
    if (req.httpVersionMajor >= 2) return dropRestAfter(req, res);
    if (leavesBodyUnread(req)) closeAfter(req, res);
    else if (isFault(res)) res.setHeader('Connection', 'close');
  });
  if (hasOverride(req)) dropBodyOfHead(req, res);
}

/** An answer names the protocol of its request, and no other. */
function nameProtocol(req: IncomingMessage, res: ServerResponse): void {
  const dialect = ietfDialect(req);
  // tus 1.0 §Tus-Resumable: in every response.
  if (!dialect) res.setHeader('Tus-Resumable', TUS_VERSION);
  else if (dialect.intent === 'resumable') nameVersion(dialect, req, res);
}

/** What was refused was not brought to an end, unless the answer says otherwise. */
function nameVersion(
  { version, profile }: IetfDialect,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  if (version !== undefined) res.setHeader('Upload-Draft-Interop-Version', String(version));
  if (res.statusCode < 400 || req.method === 'OPTIONS') return;
  for (const [name, value] of Object.entries(completenessHeader(false, profile))) {
    if (!res.hasHeader(name)) res.setHeader(name, value);
  }
}

/**
 * Whether caches may keep the answer to a request, such as 404 and 410 (RFC 9111 §4.2.2), unless
 * they are told not to, as for HEAD (tus 1.0 §HEAD). A request with an override may have come as a
 * GET.
 */
function mayBeCached(req: IncomingMessage): boolean {
  return req.method === 'HEAD' || req.method === 'GET' || hasOverride(req);
}

/** After a fault of ours, a client should come back on a fresh connection. */
function isFault(res: ServerResponse): boolean {
  return res.statusCode >= 500;
}

function hasOverride(req: IncomingMessage): boolean {
  return req.headers['x-http-method-override'] !== undefined;
}

/** Whether a request became HEAD by its override: Node does not know that it takes no body. */
function isOverriddenHead(req: IncomingMessage): boolean {
  return req.method === 'HEAD' && hasOverride(req);
}

function sayNoBody(res: ServerResponse): void {
  res.removeHeader('Transfer-Encoding');
  // RFC 9110 §8.6: 204 has none.
  if (res.statusCode === 204) res.removeHeader('Content-Length');
  else res.setHeader('Content-Length', '0');
}

/**
 * Bytes behind a head that announces none would be read as the next answer on the connection. The
 * method is looked at in each call, for it may change until then.
 */
function dropBodyOfHead(req: IncomingMessage, res: ServerResponse): void {
  const write = res.write.bind(res);
  const end = res.end.bind(res);
  const without = (args: unknown[], nothing: '' | undefined): unknown[] => {
    const hasChunk = typeof args[0] !== 'function';
    return hasChunk && isOverriddenHead(req) ? [nothing, ...args.slice(1)] : args;
  };
  Object.assign(res, {
    write: (...args: unknown[]) => Reflect.apply(write, res, without(args, '')) as boolean,
    end: (...args: unknown[]) => Reflect.apply(end, res, without(args, undefined)) as unknown,
  });
}

function closeAfter(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Connection', 'close');
  if (!isEndedByShutdown(req, res)) lingerBeforeClose(req);
}

/**
 * Whether a client was told to come back while its body was being read. It comes back after a reset
 * too, so it must not hold up a shutdown. A client that is refused before its body must be able to
 * read why.
 */
function isEndedByShutdown(req: IncomingMessage, res: ServerResponse): boolean {
  return res.statusCode === 503 && req.readableFlowing !== null;
}

/** Otherwise Node would take in all that the client still sends, only to drop it. */
function leavesBodyUnread(req: IncomingMessage): boolean {
  return !req.complete && hasBody(req);
}
