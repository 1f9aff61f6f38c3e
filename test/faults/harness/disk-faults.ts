import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../support/seeded.js';
import type { KillableServer } from '../servers/killable-server.js';
import { buildFaultShim, setFaults } from '../shim/fault-shim.js';
import type { FaultRule, FaultyEnvironment } from '../shim/fault-shim.js';
import type { Tally } from './tally.js';

/** What servers say of a flush that failed, and of what it has kept them from. */
const SAID = /disk has failed/;

/** What they say of an upload that has lost bytes. */
const LOST = /Upload (\S+): the disk has failed .* The last \d+ bytes do not count/g;

/** Milliseconds between two looks at what a server has said. */
const PAUSE = 5;

/** What may fail to be flushed, and how often it is flushed before, at most. */
const FLUSHES: readonly (readonly [rule: FaultRule, most: number])[] = [
  [{ calls: ['fdatasync'], path: '*/uploads/[0-9a-f]*', loses: true }, 25],
  [{ calls: ['fsync'], path: '*/uploads' }, 10],
  [{ calls: ['fdatasync'], path: '*/uploads/.tus/data.mdb' }, 30],
];

/** The disk of a run of kills, one of whose flushes fails in some rounds. */
export class DiskFaults {
  private server?: KillableServer;
  /** Uploads that have lost bytes, by what servers said. */
  private readonly told = new Set<string>();

  private constructor(
    private readonly tally: Tally,
    readonly env?: FaultyEnvironment,
  ) {}

  /** @param folder where the library is made that lets flushes fail, if it can be */
  static async prepare(folder: string, tally: Tally): Promise<DiskFaults> {
    return new DiskFaults(tally, await buildFaultShim(folder));
  }

  /** Lets one flush of a server fail, and returns once it has said so. */
  async strike(server: KillableServer, random: SeededRandom): Promise<void> {
    if (!this.env) return;
    this.server = server;
    const [rule, most] = FLUSHES[random.integer(0, FLUSHES.length - 1)]!;
    setFaults(this.env, { ...rule, times: 1, after: random.integer(0, most) });
    while (server.alive && !SAID.test(server.errorOutput)) await pause(PAUSE);
    if (SAID.test(server.errorOutput)) this.tally.flushesFailed++;
  }

  /** The disk works again; what its server has said is remembered. */
  end(): void {
    if (!this.env || !this.server) return;
    setFaults(this.env);
    for (const [, id] of this.server.errorOutput.matchAll(LOST)) {
      this.told.add(id!);
    }
    this.server = undefined;
  }

  /** Whether an answer is what clients are told while the disk fails; it is counted then. */
  excuses(status: number): boolean {
    const isExcused = status === 503 && this.server !== undefined;
    if (isExcused) this.tally.refusedByDisk++;
    return isExcused;
  }

  /** Whether acknowledged bytes of an unfinished upload may be gone, once: its server has said so. */
  hasTaken(id: string): boolean {
    return this.told.has(id);
  }

  /** The offset of such an upload has gone back. */
  settle(id: string): void {
    if (this.told.delete(id)) this.tally.offsetsLost++;
  }

  /** What a server wrote to its error output, unless its disk explains it. */
  unexplained({ errorOutput }: KillableServer): string {
    if (this.server === undefined) return errorOutput;
    const errors = errorOutput.split('\n').filter((line) => line.includes('ERROR'));
    return errors.every((line) => SAID.test(line)) ? '' : errorOutput;
  }
}
