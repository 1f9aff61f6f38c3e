import type { Socket } from 'node:net';

/** Milliseconds that something waits at most. */
const LONGEST = 100;

/** The connections on which something may wait. */
let held: Socket[] = [];

/**
 * Holds back what is written to a connection, so that it goes out in one write with the end of the answer; or,
 * where that takes long, without it. One timer is for all: a timer of its own would cost as much as is saved.
 */
export function holdBack(socket: Socket): void {
  socket.cork();
  if (held.push(socket) === 1) setTimeout(letGo, LONGEST).unref();
}

function letGo(): void {
  const sockets = held;
  held = [];
  for (const socket of sockets) socket.uncork();
}
