import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Bytes of a chunk from which on its memory is worth giving back. */
const LEAST = 16 * 1024;

/** What loggers and agents replace to see what comes. */
const WATCHED = ['on', 'addListener', 'emit', 'push', 'read'];

type Transfer = (this: ArrayBuffer, size: number) => ArrayBuffer;

/** Takes the memory of a buffer (ECMAScript 2024); Node has it from version 22 on. */
const transfer = (ArrayBuffer.prototype as { transfer?: Transfer }).transfer;

/**
 * Gives back the memory of chunks of a request's body that nobody needs any more. The garbage collector
 * counts it against its limits: it collects the whole heap for each 20 MiB that come, which with Node 24 is
 * most of what a long upload costs.
 */
export function giveBack(req: IncomingMessage, chunks: readonly Uint8Array[]): void {
  // Another listener may have kept some.
  if (!transfer || req.listenerCount('data') > 1) return;
  for (const { buffer, byteLength } of chunks) {
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    if (isWhole && byteLength >= LEAST) transfer.call(buffer, 0);
  }
}

/**
 * Whether the chunks of a body that is still unread are nobody's but ours: Node reads them from a socket, it
 * is nothing that a test or a serverless platform has handed over, and nothing else listens.
 */
export function ownsChunks(req: IncomingMessage): boolean {
  const isHeard = req.listenerCount('data') > 0 || req.listenerCount('readable') > 0;
  const isWatched = WATCHED.some((method) => Object.hasOwn(req, method));
  return req.socket instanceof Socket && !isHeard && !isWatched;
}
