import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/** A response of Node's, on HTTP/2 with its stream. */
type Response = ServerResponse & { readonly stream?: ServerHttp2Stream };

/** What is to be done once a carrier has closed. */
const waiting = new WeakMap<Duplex, Set<() => void>>();

/**
 * Whether a response is out, or its client has gone. It does not always say so itself: HTTP/2's
 * never does, and one that is queued behind another on its connection does not hear of it.
 */
export function isOver(res: Response): boolean {
  return res.stream?.destroyed ?? (res.destroyed || res.req.socket.destroyed);
}

/** Calls back once, when a response is over; at once if it is. */
export function whenOver(res: Response, callback: () => void): void {
  if (isOver(res)) return callback();
  const callbacks = callbacksOf(res.stream ?? res.req.socket);
  const once = () => {
    if (callbacks.delete(once)) callback();
  };
  callbacks.add(once);
  res.once('close', once);
}

/** One listener for all that wait: a client may queue any number of requests on a connection. */
function callbacksOf(carrier: Duplex): Set<() => void> {
  const known = waiting.get(carrier);
  if (known) return known;
  const callbacks = new Set<() => void>();
  waiting.set(carrier, callbacks);
  carrier.once('close', () => callbacks.forEach((callback) => callback()));
  return callbacks;
}
