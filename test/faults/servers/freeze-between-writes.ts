import { setTimeout as pause } from 'node:timers/promises';
import { create } from '../../support/tus-client.js';
import type { KillableServer } from './killable-server.js';

/** Milliseconds after which a write that has not come to its end waits for another process. */
const BLOCKED = 1000;

/**
 * Freezes a server in no write to what it shares with another one: in the middle of one, it would keep
 * the other from its own, until it goes on or ends. A creation with some of its bytes writes to all that
 * is shared: the claims, and the records.
 */
export async function freezeBetweenWrites(
  server: KillableServer,
  other: KillableServer,
): Promise<void> {
  for (;;) {
    server.freeze();
    const writing = Promise.all([
      create(other, { length: 2, body: 'x' }),
      create(other, { length: 2, body: 'x', path: '/expiring' }),
    ]).then(() => true);
    if (await Promise.race([writing, pause(BLOCKED, false)])) return;
    server.thaw();
    await writing;
  }
}
