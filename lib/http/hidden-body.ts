import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The headers that tell a parser of a body: that there is one, and of which type. */
const NAMES = ['content-type', 'content-length', 'transfer-encoding'] as const;

type BodyHeaders = Pick<IncomingHttpHeaders, (typeof NAMES)[number]>;

const hidden = new WeakMap<IncomingMessage, BodyHeaders>();

/** Without these headers no parser, whatever it was told to take, reads a body. */
export function hideBody(req: IncomingMessage): void {
  hidden.set(req, bodyHeaders(req));
  for (const name of NAMES) delete req.headers[name];
}

/** Guards and everything after them see the request as it was sent. */
export function showBody(req: IncomingMessage): void {
  Object.assign(req.headers, hidden.get(req));
  hidden.delete(req);
}

/** What a request says of its body, hidden or not. */
export function bodyHeaders(req: IncomingMessage): BodyHeaders {
  const headers = hidden.get(req) ?? req.headers;
  return Object.fromEntries(
    NAMES.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]),
  );
}
