import type { IncomingMessage } from 'node:http';

/** Milliseconds a client has to take in an answer before the connection is closed on it. */
const LINGER_TIME = 2000;

/** Bytes that are read meanwhile, only to be dropped. */
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Makes the connection of a request that is answered before its body was read close gently.
 *
 * Node closes as soon as the answer is out. A client that is still sending is then reset, and a
 * reset may take away the answer it has not read yet: it would see a broken connection where it
 * was refused, and try again for ever. So we say that we are done, and go on reading for a while
 * (RFC 9112 §9.6).
 */
export function lingerBeforeClose(req: IncomingMessage): void {
  const { socket } = req;
  let left = LINGER_BYTES;
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) req.pause();
  });
  // Node calls this once the answer is out.
  socket.destroySoon = () => {
    const timer = setTimeout(() => socket.destroy(), LINGER_TIME);
    socket.once('close', () => clearTimeout(timer));
    req.once('end', () => socket.destroy());
    req.resume();
    socket.end();
  };
}
