import onHeaders from 'on-headers';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Requests that wait for 100, while it is not known whether they are ours. */
const undecided = new WeakSet<IncomingMessage>();

/** Our requests that wait for 100. */
const deferred = new WeakSet<IncomingMessage>();

/**
 * Lets us judge a request that says `Expect: 100-continue` before its body is asked for (RFC 9110
 * §10.1.1); Node would say 100 at once. All other requests get their 100 as from Node: a request
 * that is still unclaimed once the app was called, or has begun to answer, is not ours.
 *
 * For an app that listens itself, from the start or later, nothing changes.
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
