import type { IncomingMessage, ServerResponse } from 'node:http';
import { overriddenMethod, ProtocolError } from '../../protocol/index.js';
import { deferContinue } from '../connection/expect-continue.js';
import { claimRequest } from '../connection/own-requests.js';
import { exemptFromLimit } from '../connection/request-limit.js';
import { recognize } from '../request/dialect.js';
import { headerLines } from '../request/header-lines.js';
import { completeHead } from '../response/answer-head.js';
import { answerOf } from '../response/answer.js';
import { leaveToApp } from '../response/cors.js';
import { decide } from '../response/decided-answer.js';
import type { PreRoutingAnswers } from './tus-route.js';

/** What became of a request that has just arrived on one of our routes. */
export type Entry = 'goes-on' | 'has-another-method';

/**
 * Treats a request on our routes before the app's middleware, guards and body parsers see it.
 * Applies the method that it means (tus 1.0 §X-HTTP-Method-Override), exempts it from the server's
 * time limit and 100, sets CORS headers, and decides on the answer to OPTIONS, which is the same
 * for everyone and which the app's own CORS must not give.
 *
 * @param isOurs whether a route of ours has the request by another method too; an override that
 *   would lead to a route of the app means nothing
 */
export function enter(
  { discovery, cors, foreign, exposed, ietf }: PreRoutingAnswers,
  req: IncomingMessage,
  res: ServerResponse,
  isOurs: (method: string) => boolean,
): Entry {
  const method = meantMethod(req);
  if (typeof method === 'string' && method !== req.method && isOurs(method)) {
    req.method = method;
    return 'has-another-method';
  }
  recognize(req, ietf);
  claimRequest(req);
  deferContinue(req);
  exemptFromLimit(req);
  completeHead(req, res, foreign, exposed);
  cors?.(req, res);
  if (method instanceof ProtocolError) decide(req, res, answerOf(method));
  else if (req.method === 'OPTIONS') offer(discovery, req, res, cors !== undefined);
  return 'goes-on';
}

function offer(
  discovery: PreRoutingAnswers['discovery'],
  req: IncomingMessage,
  res: ServerResponse,
  hasCors: boolean,
): void {
  for (const [name, value] of Object.entries(discovery)) res.setHeader(name, value);
  const isOurs = req.headers.origin === undefined || hasCors;
  if (isOurs) decide(req, res, { status: 204, headers: {} });
  else leaveToApp(req);
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
