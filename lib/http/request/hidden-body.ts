import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The headers that tell a parser of a body: that there is one, and of which type. */
const NAMES = ['content-type', 'content-length', 'transfer-encoding'] as const;

type BodyHeaders = Pick<IncomingHttpHeaders, (typeof NAMES)[number]>;

const hidden = new WeakMap<IncomingMessage, BodyHeaders>();

/** Without these headers no parser, whatever it was told to take, reads a body. */
export function hideBody(req: IncomingMessage): void {
  hidden.set(req, bodyHeaders(req));
  // Not deleted: that would make the headers a dictionary, which is slow for all who read them.
  for (const name of NAMES) if (req.headers[name] !== undefined) req.headers[name] = undefined;
}

/** Whether a request's body is hidden now. */
export function hidesBody(req: IncomingMessage): boolean {
  return hidden.has(req);
}

/** Guards and everything after them see the request as it was sent. */
export function showBody(req: IncomingMessage): void {
  const headers = hidden.get(req);
  if (!headers) return;
  for (const name of NAMES) if (headers[name] !== undefined) req.headers[name] = headers[name];
  hidden.delete(req);
}

/** What a request says of its body, hidden or not. */
export function bodyHeaders(req: IncomingMessage): BodyHeaders {
  const known = hidden.get(req);
  if (known) return known;
  const { headers } = req;
  return {
    'content-type': headers['content-type'],
    'content-length': headers['content-length'],
    'transfer-encoding': headers['transfer-encoding'],
  };
}
