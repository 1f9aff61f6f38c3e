import onHeaders from 'on-headers';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Requests that wait for 100, as long as it is open whose they are. */
const undecided = new WeakSet<IncomingMessage>();

/** Those of ours that wait for it. */
const deferred = new WeakSet<IncomingMessage>();

/**
 * Lets a request of ours that says `Expect: 100-continue` be judged before its body is asked for
 * (RFC 9110 §10.1.1); Node would say 100 at once. All others are told so as Node would: a request
 * that was not claimed when the app has been called, or has begun to answer, is none of ours.
 *
 * An app that listens itself, from the start or later, keeps its way.
 */
export function holdContinue(server: Server): void {
  if (server.listenerCount('checkContinue') > 0) return;
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    if (server.listenerCount('checkContinue') > 1) return;
    undecided.add(req);
    const decide = () => {
      if (undecided.delete(req)) res.writeContinue();
    };
    onHeaders(res, decide);
    server.emit('request', req, res);
    decide();
  });
}

/** Claims a request for us: its client waits until {@link sayContinue}, or for a refusal. */
export function deferContinue(req: IncomingMessage): void {
  if (undecided.delete(req)) deferred.add(req);
}

/** Asks a client that waits for it to send the body. */
export function sayContinue(req: IncomingMessage, res: ServerResponse): void {
  const waits = undecided.delete(req) || deferred.delete(req);
  if (waits && !res.headersSent) res.writeContinue();
}
