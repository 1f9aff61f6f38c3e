import type { IncomingMessage, ServerResponse } from 'node:http';
import { overriddenMethod, ProtocolError } from '../protocol/index.js';
import { headerLines } from './header-lines.js';
import { completeHead } from './answer-head.js';
import { leaveToApp } from './cors.js';
import { answerOf, type Answer } from './answer.js';
import type { EarlyAnswers } from './tus-route.js';

/** What became of a request that has just arrived on one of our routes. */
export type Entry = 'goes-on' | 'answered' | 'has-another-method';

/**
 * What is done to a request on our routes before the app's middleware, guards and body parsers see
 * it: the method it means (tus 1.0 §X-HTTP-Method-Override), CORS, and the answer to OPTIONS, which
 * is the same for everyone and must not be taken by the app's own CORS.
 *
 * @param isOurs whether a route of ours has the request by another method too; an override that
 *   would lead to a route of the app means nothing
 */
export function enter(
  { discovery, cors, foreign }: EarlyAnswers,
  req: IncomingMessage,
  res: ServerResponse,
  isOurs: (method: string) => boolean,
): Entry {
  const method = meantMethod(req);
  if (typeof method === 'string' && method !== req.method && isOurs(method)) {
    req.method = method;
    return 'has-another-method';
  }
  completeHead(req, res, foreign);
  cors?.(req, res);
  if (method instanceof ProtocolError) return answer(res, answerOf(method));
  if (req.method !== 'OPTIONS') return 'goes-on';

  for (const [name, value] of Object.entries(discovery)) res.setHeader(name, value);
  if (req.headers.origin === undefined || cors) {
    return answer(res, { status: 204, headers: {} });
  }
  leaveToApp(req);
  return 'goes-on';
}

function meantMethod(req: IncomingMessage): string | undefined | ProtocolError {
  if (req.headers['x-http-method-override'] === undefined) return req.method;
  try {
    return overriddenMethod(headerLines(req));
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function answer(res: ServerResponse, { status, headers, body }: Answer): Entry {
  res.writeHead(status, headers).end(body);
  return 'answered';
}
