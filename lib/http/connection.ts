import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/** What Node's requests and responses have on HTTP/2. */
interface WithStream {
  readonly stream?: ServerHttp2Stream;
}

type Request = IncomingMessage & WithStream;
type Response = ServerResponse & WithStream;

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

/**
 * Ends a request without an answer: its connection, or on HTTP/2 its stream, for the connection is
 * others' too. What is sent afterwards goes nowhere.
 */
export function disconnect(req: Request): void {
  const { stream } = req;
  // Without this code, a client would take the end of its stream for an answer.
  stream?.close(constants.NGHTTP2_CANCEL);
  (stream ?? req).destroy();
  // One whose body was read to its end does not take its connection with it.
  if (!stream) req.socket.destroy();
}

/**
 * Closes the stream of an HTTP/2 request once its answer is out, if its body was read in part only.
 * It would stay open, with what the client has sent, as long as the connection does.
 */
export function dropRestAfter(req: Request, res: Response): void {
  res.stream?.once('finish', () => {
    // One that nobody has read Node closes itself.
    if (req.readableFlowing === null || req.readableEnded) return;
    // RFC 9113 §8.1: the client is to stop, and keeps the answer.
    req.stream?.close(constants.NGHTTP2_NO_ERROR);
    // A stream closes only when what it has received was taken.
    req.resume();
  });
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
