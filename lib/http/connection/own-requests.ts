import type { IncomingMessage } from 'node:http';
import { bearerOf, type RequestBearer } from './connection.js';

/**
 * Of all copies of this package, whichever of them asks. A property of the request, for it costs next
 * to nothing; to be put into a `WeakSet` costs each request half a microsecond.
 */
const OWN = Symbol.for('nestjs-tus:own');

type MayBeOwn = RequestBearer & { [OWN]?: true };

/** Says that a request is for uploads: it came by a route of ours, or is handed over to us. */
export function claimRequest(req: IncomingMessage): void {
  (bearerOf(req) as MayBeOwn)[OWN] = true;
}

/** Whether it is. */
export function isOwn(bearer: RequestBearer): boolean {
  return (bearer as MayBeOwn)[OWN] === true;
}
