import type { Renew } from '../cluster.interface.js';
import { leaseKeyOf } from '../lease-key.js';
import type { FenceState, FenceTables } from '../shared-tables.interface.js';
import { memberOf } from './identity.js';
import type { Processes } from './processes.js';

/** A process that does not answer. */
export interface Suspect {
  readonly identity: string;
  /** Whether it may have keys that the table of claims does not tell of. */
  readonly mayHoldAny: boolean;
}

/** The processes that do not answer, and what is taken from them. */
export class Suspects {
  /** How what a key stands for is kept from a suspect. */
  renew: Renew = () => Promise.resolve();
  private seenAny = false;

  /** @param fences those of the folder of these processes */
  constructor(
    private readonly processes: Processes,
    private readonly fences: FenceTables,
  ) {
    processes.whenSuspected(() => (this.seenAny = true));
  }

  /** Whether there were none but this process when it was last looked, and it is none as of now. */
  get areNone(): boolean {
    return !this.seenAny && this.processes.isSuspect === false;
  }

  async has(identity: string): Promise<boolean> {
    return (await this.fences.readSuspects()).includes(identity);
  }

  /** Those of now but this process, for what is found free right after this is theirs all the same if they hold it. */
  async others(): Promise<Suspect[]> {
    const identities = await this.fences.readSuspects();
    this.seenAny = identities.length > 0;
    return identities
      .filter((identity) => identity !== this.processes.identity)
      .map((identity) => ({ identity, mayHoldAny: !this.processes.hasMet(identity) }));
  }

  /**
   * Begins to take a key from a suspect, which knows from here on, as soon as it looks.
   *
   * @returns whether it was a suspect still
   */
  async beginFence(identity: string, key: string): Promise<boolean> {
    return (await this.processes.fence(identity, key)) !== undefined;
  }

  /** Keeps what a key stands for from a suspect that it was taken from, or that may have it without anyone knowing. */
  async fenceOff({ identity, mayHoldAny }: Suspect, key: string): Promise<void> {
    const state: FenceState | undefined = this.fences.peekFence(identity, key);
    if (state === 'done' || (state === undefined && !mayHoldAny)) return;
    // One that is no suspect any more has found the key taken, and is about to let go.
    if (state === undefined) await this.processes.fence(identity, key);
    await this.renew(leaseKeyOf(key), memberOf(identity));
    await this.fences.completeFence(identity, key, this.processes.identity);
  }
}
