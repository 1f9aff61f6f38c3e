import cors from 'cors';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CheckedCors } from '../../options/index.js';
import {
  IETF_ALLOWED_HEADERS,
  IETF_EXPOSED_HEADERS,
  mergeTokens,
  TUS_ALLOWED_HEADERS,
  TUS_CORS_METHODS,
  TUS_EXPOSED_HEADERS,
} from '../../protocol/index.js';

/** Sets the CORS headers of an answer; the answer itself is left to the caller. */
export type CorsHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** The headers that what is spoken on a route needs. */
export interface CorsHeaders {
  /** Of requests. */
  readonly allowed: readonly string[];
  /** Of answers. */
  readonly exposed: readonly string[];
}

/** @param speaksIetf whether the IETF's protocol is spoken too */
export function corsHeaders(speaksIetf: boolean): CorsHeaders {
  if (!speaksIetf) return { allowed: TUS_ALLOWED_HEADERS, exposed: TUS_EXPOSED_HEADERS };
  return {
    allowed: [...TUS_ALLOWED_HEADERS, ...IETF_ALLOWED_HEADERS],
    exposed: [...TUS_EXPOSED_HEADERS, ...IETF_EXPOSED_HEADERS],
  };
}

/** The `cors` option as a handler. */
export function createCorsHandler(
  options: CheckedCors,
  { allowed, exposed }: CorsHeaders,
): CorsHandler {
  const handle = cors({
    origin: originOf(options),
    credentials: options.credentials ?? false,
    maxAge: Math.round(options.maxAge / 1000),
    methods: [...TUS_CORS_METHODS],
    allowedHeaders: [...allowed, ...(options.allowedHeaders ?? [])],
    exposedHeaders: [...exposed, ...(options.exposedHeaders ?? [])],
    preflightContinue: true,
  });
  return (req, res) => {
    handle(req, res, () => undefined);
    if (options.privateNetwork && req.headers['access-control-request-private-network']) {
      res.setHeader('Access-Control-Allow-Private-Network', 'true');
    }
  };
}

/**
 * Leaves an OPTIONS of a page to the app's own CORS, which answers it in our place; our headers are
 * on the answer by then. CORS modules do not answer an OPTIONS that is no preflight, or refuse it,
 * so it is made a preflight (Fetch §CORS-preflight request).
 */
export function leaveToApp(req: IncomingMessage): void {
  req.headers['access-control-request-method'] ??= 'OPTIONS';
}

/**
 * Adds what tus clients need to what others granted, an app's `enableCors()` in its default
 * form above all: without it browsers refuse PATCH and hide `Location` and `Upload-Offset`.
 */
export function completeCors(
  req: IncomingMessage,
  res: ServerResponse,
  exposed: readonly string[] = TUS_EXPOSED_HEADERS,
): void {
  if (res.getHeader('Access-Control-Allow-Origin') === undefined) return;
  if (req.method === 'OPTIONS') addTokens(res, 'Access-Control-Allow-Methods', TUS_CORS_METHODS);
  addTokens(res, 'Access-Control-Expose-Headers', exposed);
}

function addTokens(res: ServerResponse, name: string, tokens: readonly string[]): void {
  res.setHeader(name, mergeTokens(res.getHeader(name)?.toString(), tokens));
}

/** `cors` would name a single text to every page; of a list it names the page that asks. */
function originOf({ origin = true }: CheckedCors) {
  if (origin === true || origin === '*') return '*';
  return typeof origin === 'string' ? [origin] : origin;
}
