import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/**
 * Lets a request that says `Expect: 100-continue` be judged before its body is asked for
 * (RFC 9110 §10.1.1); Node would say 100 at once. An app that listens itself keeps its way.
 */
export function deferContinue(server: Server): void {
  if (server.listenerCount('checkContinue') > 0) return;
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    waiting.add(req);
    server.emit('request', req, res);
  });
}

/** Asks a client that waits for it to send the body. */
export function sayContinue(req: IncomingMessage, res: ServerResponse): void {
  if (!waiting.delete(req) || res.headersSent) return;
  res.writeContinue();
}
