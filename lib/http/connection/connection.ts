import { IncomingMessage, type ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What Node's requests and responses have on HTTP/2. */
interface WithStream {
  readonly stream?: ServerHttp2Stream;
}

type Request = IncomingMessage & WithStream;
type Response = ServerResponse & WithStream;

/** What bears one request: on HTTP/2 its stream. */
export type RequestBearer = IncomingMessage | ServerHttp2Stream;

/** What is to be done once a carrier has closed. */
const waiting = new WeakMap<Duplex, Set<() => void>>();

/**
 * Whether a response is out, or its client has gone. The response does not always tell: on HTTP/2
 * it never does, and one queued behind another on its connection does not hear of it.
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
 * Ends a request without an answer: closes its connection, or on HTTP/2 only its stream, because
 * other requests share the connection. What is sent afterwards goes nowhere.
 */
export function disconnect(req: Request): void {
  cut(bearerOf(req));
}

/** Does the same with what bears a request. */
export function cut(bearer: RequestBearer): void {
  if (bearer instanceof IncomingMessage) cutSocket(bearer.socket);
  // Without this code, a client would take the end of its stream for an answer.
  else bearer.close(constants.NGHTTP2_CANCEL);
  bearer.destroy();
}

function cutSocket(socket: Socket): void {
  // What a client was told ahead may still wait for an answer: it resumes by that.
  socket.uncork();
  // Destroying a request that has come whole would leave its connection open.
  socket.destroy();
}

/** What bears a request on its connection, whichever protocol that speaks. */
export function bearerOf(req: Request): RequestBearer {
  return req.stream ?? req;
}

/**
 * Closes the stream of an HTTP/2 request once its answer is out, if its body was read in part only.
 * It would stay open, with what the client has sent, as long as the connection does.
 */
export function dropRestAfter(req: Request, res: Response): void {
  res.stream?.once('finish', () => {
    // If the body was never read, Node closes the stream itself.
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
