import type { IncomingMessage } from 'node:http';
import { publicHost, readForwarded, type PublicOrigin } from '../../protocol/index.js';
import { headerLines } from './header-lines.js';

/** The headers in which proxies say where they were asked. */
const FORWARDED = [
  'forwarded',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
];

/** Whether a request says that it came through a proxy. */
export function isForwarded({ headers }: IncomingMessage): boolean {
  return FORWARDED.some((name) => headers[name] !== undefined);
}

/**
 * Where the client sees the server: what a trusted proxy says, else the request itself.
 *
 * @param trusted whether forwarded headers count
 */
export function requestOrigin(req: IncomingMessage, trusted: boolean): PublicOrigin {
  const proto = 'encrypted' in req.socket ? 'https' : 'http';
  const host = req.headers.host ?? req.headers[':authority']?.toString();
  const forwarded = trusted ? readForwarded(headerLines(req)) : {};
  return { proto, host: publicHost(host, forwarded.proto ?? proto), ...forwarded };
}
