import type { Actor } from './actors/index.js';
import { CutOff } from './cut-off.js';
import { freezeBetweenWrites } from '../servers/freeze-between-writes.js';
import type { KillableServer } from '../servers/killable-server.js';

/** Shorter than usual, so that rounds are. */
export const PATIENCE = { look: 250, silentAfter: 2, suspectAfter: 5, heartbeat: 1000 };

/** Where a server is frozen, and what follows. */
export interface FrozenRound {
  readonly actors: readonly Actor[];
  /** Starts the server at which clients go on. */
  start(): Promise<KillableServer>;
  /** Waits for some moment. */
  until(): Promise<void>;
}

/**
 * Freezes a server while clients use it, which go on at another one; wakes it while they do, so that
 * it goes on with what it had, and kills both.
 *
 * @returns what the other one wrote to its error output
 */
export async function freezeOnce(first: KillableServer, round: FrozenRound): Promise<string> {
  const second = await round.start();
  const way = await CutOff.open(first);
  try {
    const { server } = way;
    const acting = Promise.all(round.actors.map((actor) => actor.act(server)));
    await round.until();
    await freezeBetweenWrites(first, second);
    way.cut();
    await acting;
    for (const actor of round.actors) await actor.check(second);
    const goingOn = Promise.all(round.actors.map((actor) => actor.act(second)));
    await round.until();
    first.thaw();
    await round.until();
    assertAlive(first, second);
    await second.kill();
    await goingOn;
    await first.kill();
    return second.errorOutput;
  } finally {
    way.close();
    await second.kill();
  }
}

function assertAlive(...servers: readonly KillableServer[]): void {
  for (const { alive, errorOutput } of servers) {
    if (!alive) throw new Error(`A server ended by itself: ${errorOutput}`);
  }
}

/** Where a line of a log begins. */
const LINE = /^(?=.{0,9}\[Nest\])/m;

/**
 * What a server has logged that was frozen, but for what follows from that: when it goes on, the database
 * has not answered for as long as it may take. So it is when that restarts.
 */
export function withoutLateness(errorOutput: string): string {
  const lines = errorOutput.split(LINE);
  return lines.filter((line) => !line.includes('does not reach')).join('');
}
