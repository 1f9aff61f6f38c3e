import type { Claims, Renew, Reserve } from '../cluster.interface.js';
import { leaseKeyOf, type LeaseKey } from '../lease-key.js';
import type { ClaimTable, FenceTables } from '../shared-tables.interface.js';
import type { Fences } from './own-suspicion.js';
import { ProcessGoneError } from '../telling/process-gone.error.js';
import { ProcessSilentError } from '../telling/process-silent.error.js';
import type { Processes } from './processes.js';
import { Suspects, type Suspect } from './suspects.js';

/** The topic of the question for a key. */
const TOPIC = 'claim';

/** The answer of a holder who keeps what it has; every other one means: look again. */
const REFUSED = 'refused';

/**
 * Which process holds which key: each key, one process at a time.
 *
 * A table tells who has a key. Who wants it asks that process and waits for its answer, so nothing
 * polls; a process that has ended is found out by the asking. While a process is alone it writes
 * nothing: what it has is written when another one joins, and before that one claims anything.
 *
 * A process that does not answer becomes a suspect, and what it has, or may have, is taken from it when
 * another wants it: first a fence is noted in the registry, then the claim is written, then what the
 * key stands for is renewed. The suspect looks for such fences before anything it does counts.
 */
export class SharedClaims implements Claims {
  /** What this process has, and whether the table says so. */
  private readonly held = new Map<LeaseKey, boolean>();
  private readonly running = new Map<LeaseKey, Promise<boolean>>();
  /** What was taken from this process, by whom, until those who had it here have let go. */
  private readonly lost = new Map<LeaseKey, string>();
  private readonly suspects: Suspects;
  private table?: ClaimTable;
  private reserve: Reserve = () => Promise.resolve({ release: () => undefined });
  private tellLost: (key: LeaseKey) => void = () => undefined;

  /** @param fences those of the folder of these processes */
  constructor(
    private readonly processes: Processes,
    fences: FenceTables,
  ) {
    this.suspects = new Suspects(processes, fences);
    processes.answer(TOPIC, (key, from) => this.handOver(leaseKeyOf(key), from));
    processes.whenMet((taken) => this.share(taken));
  }

  /** Whether no other process could hold anything, as far as this one has heard. */
  get isAlone(): boolean {
    return this.processes.isMet && this.processes.isAlone;
  }

  /** Whether that is so as of now: others may have begun to go on without this process. */
  get isStillAlone(): boolean {
    return this.isAlone && this.processes.isSuspect === false;
  }

  /**
   * Whether another process has taken a key that this one had, as of now. What was seen or done before,
   * under a claim, counts when it has not.
   */
  hasLost(key: LeaseKey): boolean {
    if (this.lost.has(key)) return true;
    return this.table !== undefined && this.processes.hasLost(key);
  }

  isHeldElsewhere(key: LeaseKey): boolean {
    if (this.lost.has(key)) return true;
    if (this.isAlone) return !this.isStillAlone;
    if (!this.isTableWhole) return true;
    const holder = this.opened.holderOf(key);
    return holder !== undefined && holder !== this.processes.identity;
  }

  /** Joins the processes on the folder. */
  async open(): Promise<void> {
    this.table = await this.processes.open();
  }

  /** Leaves the others, who take what this process had. */
  async close(): Promise<void> {
    const { table } = this;
    this.table = undefined;
    await this.processes.close();
    await table?.close();
  }

  onWanted(reserve: Reserve): void {
    this.reserve = reserve;
  }

  onFence(renew: Renew): void {
    this.suspects.renew = renew;
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.tellLost = listener;
  }

  claim(key: LeaseKey): Promise<boolean> | undefined {
    const running = this.running.get(key);
    if (running) return running;
    this.passOn(key);
    if (this.takeAlone(key) || this.takeFree(key)) return undefined;

    const winning = this.win(key).finally(() => this.running.delete(key));
    this.running.set(key, winning);
    return winning;
  }

  /**
   * Unless this process is alone it is written at once: those which do not know of this process yet
   * will look there once they do.
   */
  claimNew(key: LeaseKey): boolean {
    if (!this.table) return false;
    if (!this.isAlone) return this.take(key) === undefined;
    // Others that have begun to go on without this process take it for one that it may have.
    this.held.set(key, false);
    return true;
  }

  async tryClaim(key: LeaseKey): Promise<boolean> {
    this.passOn(key);
    if (this.takeAlone(key)) return true;
    if (!(await this.isReady())) return false;
    const suspects = await this.suspects.others();
    const holder = this.take(key);
    const isOurs = holder === undefined || (await this.takeFrom(holder, key));
    return isOurs && this.fenceOffAll(suspects, key);
  }

  release(key: LeaseKey): void {
    if (this.passOn(key)) return;
    const isWritten = this.held.get(key);
    this.held.delete(key);
    if (!isWritten) return;
    try {
      this.table?.remove(key, this.processes.identity);
    } catch {
      // A row that stays is given away as soon as it is asked for.
    }
  }

  /** What a process that has ended held, as far as it was not taken over. */
  leftBy(identity: string): LeaseKey[] {
    return this.table?.keysOf(identity).map(leaseKeyOf) ?? [];
  }

  /** The way of a process without others: it costs no row. */
  private takeAlone(key: LeaseKey): boolean {
    if (this.held.has(key)) return true;
    if (!this.table || !this.isStillAlone) return false;
    this.held.set(key, false);
    return true;
  }

  private takeFree(key: LeaseKey): boolean {
    if (!this.isTableWhole) return false;
    try {
      return this.take(key) === undefined;
    } catch {
      // The longer way meets the same fault, and tells it.
      return false;
    }
  }

  /** Whether the table tells of all that is held, as of now. */
  private get isTableWhole(): boolean {
    return this.table !== undefined && this.processes.isMet && this.suspects.areNone;
  }

  /** @returns whether this process may claim anything */
  private async isReady(): Promise<boolean> {
    if (!(await this.processes.meet())) return false;
    if (await this.suspects.has(this.processes.identity)) await this.processes.rejoin();
    return this.table !== undefined;
  }

  private async win(key: LeaseKey): Promise<boolean> {
    if (!(await this.isReady())) return false;
    let suspects = await this.suspects.others();
    let holder = this.take(key);
    while (holder !== undefined) {
      if (!(await this.askFor(key, holder))) return false;
      suspects = await this.suspects.others();
      holder = this.take(key);
    }
    return this.fenceOffAll(suspects, key);
  }

  /** @returns whether it is worth while to look at the table again */
  private async askFor(key: LeaseKey, holder: string): Promise<boolean> {
    try {
      if (await this.suspects.has(holder)) return await this.takeFromSuspect(holder, key);
      const answer = await this.processes.ask(holder, TOPIC, key);
      return answer !== REFUSED && this.table !== undefined;
    } catch (error) {
      if (error instanceof ProcessSilentError) return this.table !== undefined;
      if (!(error instanceof ProcessGoneError)) throw error;
      if (!this.table) return false;
      this.take(key, holder);
      return true;
    }
  }

  /** Takes a key from a process without asking it; @returns whether that could be done. */
  private async takeFrom(holder: string, key: LeaseKey): Promise<boolean> {
    if (await this.processes.isGone(holder)) {
      return this.table !== undefined && this.take(key, holder) === undefined;
    }
    if (!(await this.suspects.has(holder)) || !(await this.takeFromSuspect(holder, key))) {
      return false;
    }
    return this.take(key) === undefined;
  }

  /** @returns whether it is worth while to look at the table again */
  private async takeFromSuspect(identity: string, key: LeaseKey): Promise<boolean> {
    const isFenced = await this.suspects.beginFence(identity, key);
    const isTaken = isFenced && this.table && this.take(key, identity) === undefined;
    // It may have found out meanwhile, and be about to let go.
    if (isTaken) await this.fenceOffAll([{ identity, mayHoldAny: true }], key);
    return this.table !== undefined;
  }

  /**
   * Keeps what a key stands for from all suspects that may have it: those that it was taken from, and
   * those that may have it without anyone knowing. The key is this process's by now.
   *
   * @returns whether that is still so
   */
  private async fenceOffAll(suspects: readonly Suspect[], key: LeaseKey): Promise<boolean> {
    try {
      for (const suspect of suspects) await this.suspects.fenceOff(suspect, key);
    } catch (error) {
      // The row stays, so that the next one that wants the key comes by here.
      this.held.delete(key);
      throw error;
    }
    return this.table !== undefined;
  }

  /**
   * Takes a key that is free, or whose holder has ended, or was fenced off.
   *
   * @returns the other one who has it; `undefined` when this process has it now
   */
  private take(key: LeaseKey, former?: string): string | undefined {
    const { identity } = this.processes;
    const isFree = (current?: string) =>
      current === undefined || current === identity || current === former;
    const holder = this.opened.put(key, identity, isFree);
    if (holder !== identity) return holder;
    this.held.set(key, true);
    return undefined;
  }

  private async handOver(key: LeaseKey, to: string): Promise<string> {
    const reserved = await this.reserve(key);
    if (!reserved) return REFUSED;
    try {
      const { identity } = this.processes;
      this.opened.put(key, to, (current) => current === undefined || current === identity);
      this.held.delete(key);
      return 'passed';
    } finally {
      reserved.release();
    }
  }

  /** Writes what was taken while this process was alone, and finds what others have taken since. */
  private share(taken: Fences): void {
    const { identity } = this.processes;
    for (const [key, isWritten] of this.held) {
      const isFree = (current?: string) => current === undefined || current === identity;
      const holder = isWritten ? identity : this.opened.put(key, identity, isFree);
      this.held.set(key, true);
      const taker = taken.get(key) ?? holder;
      if (taker !== identity) this.lose(key, taker);
    }
  }

  private lose(key: LeaseKey, taker: string): void {
    this.held.delete(key);
    this.lost.set(key, taker);
    this.tellLost(key);
  }

  /**
   * Leaves a key that was taken from this process to the one that took it, which may not have come to
   * write that. Those who had it here have let go by now.
   *
   * @returns whether it was taken
   */
  private passOn(key: LeaseKey): boolean {
    const taker = this.lost.get(key);
    this.lost.delete(key);
    if (taker === undefined || !this.table) return false;
    const { identity } = this.processes;
    try {
      this.table.put(key, taker, (current) => current === undefined || current === identity);
    } catch {
      // The one that took it writes it itself.
    }
    return true;
  }

  private get opened(): ClaimTable {
    if (this.table) return this.table;
    throw new Error('The claims of processes are not open.');
  }
}
