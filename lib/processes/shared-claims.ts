import type { Fences } from './own-suspicion.js';
import { ProcessGoneError } from './process-gone.error.js';
import { ProcessSilentError } from './process-silent.error.js';
import type { Processes } from './processes.js';
import type { ClaimTable, FenceTables } from './shared-tables.interface.js';

/** The topic of the question for a key. */
const TOPIC = 'claim';

/** The answer of a holder who keeps what it has; every other one means: look again. */
const REFUSED = 'refused';

/** A key that its own process leaves alone until it is released. */
interface Reserved {
  release(): void;
}

/**
 * Waits until this process has a key to spare.
 *
 * @returns `undefined` when it will not give it away
 */
export type Reserve = (key: string) => Promise<Reserved | undefined>;

/**
 * Sees to it that a process which had a key, and does not answer, can change nothing by it that counts.
 *
 * @param suspect identity of that process
 */
export type Renew = (key: string, suspect: string) => Promise<void>;

/** A process that does not answer. */
interface Suspect {
  readonly identity: string;
  /** Whether it may have keys that the table does not tell of. */
  readonly mayHoldAny: boolean;
}

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
export class SharedClaims {
  /** What this process has, and whether the table says so. */
  private readonly held = new Map<string, boolean>();
  private readonly running = new Map<string, Promise<boolean>>();
  /** What was taken from this process, by whom, until those who had it here have let go. */
  private readonly lost = new Map<string, string>();
  /** Whether there were suspects when this was last looked up. */
  private hasSuspects = false;
  private table?: ClaimTable;
  private reserve: Reserve = () => Promise.resolve({ release: () => undefined });
  private renew: Renew = () => Promise.resolve();
  private tellLost: (key: string) => void = () => undefined;

  /** @param fences those of the folder of these processes */
  constructor(
    private readonly processes: Processes,
    private readonly fences: FenceTables,
  ) {
    processes.answer(TOPIC, (key, from) => this.handOver(key, from));
    processes.whenMet((taken) => this.share(taken));
    processes.whenSuspected(() => (this.hasSuspects = true));
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
  hasLost(key: string): boolean {
    if (this.lost.has(key)) return true;
    return this.table !== undefined && this.processes.hasLost(key);
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

  /** Asks for keys that other processes want. */
  onWanted(reserve: Reserve): void {
    this.reserve = reserve;
  }

  /** Says how what a key stands for is kept from a process that does not answer. */
  onFence(renew: Renew): void {
    this.renew = renew;
  }

  /** Calls with a key that was taken from this process while it had it. */
  onLost(listener: (key: string) => void): void {
    this.tellLost = listener;
  }

  /**
   * Takes a key over from the process that has it.
   *
   * @returns nothing when this process has the key now, else a promise of whether it got it; the
   * holder may take its time, or refuse
   */
  claim(key: string): Promise<boolean> | undefined {
    const running = this.running.get(key);
    if (running) return running;
    this.passOn(key);
    if (this.takeAlone(key) || this.takeFree(key)) return undefined;

    const winning = this.win(key).finally(() => this.running.delete(key));
    this.running.set(key, winning);
    return winning;
  }

  /**
   * Takes a key that no other process can know yet. Unless this one is alone it is written at once:
   * those which do not know of this process yet will look there once they do.
   */
  claimNew(key: string): boolean {
    if (!this.table) return false;
    if (!this.isAlone) return this.take(key) === undefined;
    // Others that have begun to go on without this process take it for one that it may have.
    this.held.set(key, false);
    return true;
  }

  /** Takes a key that no process has that lives and answers, and disturbs none. */
  async tryClaim(key: string): Promise<boolean> {
    this.passOn(key);
    if (this.takeAlone(key)) return true;
    if (!(await this.isReady())) return false;
    const suspects = await this.suspects();
    const holder = this.take(key);
    const isOurs = holder === undefined || (await this.takeFrom(holder, key));
    return isOurs && this.fenceOffAll(suspects, key);
  }

  /** Gives a key back. */
  release(key: string): void {
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
  leftBy(identity: string): string[] {
    return this.table?.keysOf(identity) ?? [];
  }

  /** The way of a process without others: it costs no row. */
  private takeAlone(key: string): boolean {
    if (this.held.has(key)) return true;
    if (!this.table || !this.isStillAlone) return false;
    this.held.set(key, false);
    return true;
  }

  private takeFree(key: string): boolean {
    if (!this.processes.isMet || !this.table) return false;
    if (this.hasSuspects || this.processes.isSuspect !== false) return false;
    try {
      return this.take(key) === undefined;
    } catch {
      // The longer way meets the same fault, and tells it.
      return false;
    }
  }

  /** @returns whether this process may claim anything */
  private async isReady(): Promise<boolean> {
    if (!(await this.processes.meet())) return false;
    if (await this.isSuspect(this.processes.identity)) await this.processes.rejoin();
    return this.table !== undefined;
  }

  private async win(key: string): Promise<boolean> {
    if (!(await this.isReady())) return false;
    let suspects = await this.suspects();
    let holder = this.take(key);
    while (holder !== undefined) {
      if (!(await this.askFor(key, holder))) return false;
      suspects = await this.suspects();
      holder = this.take(key);
    }
    return this.fenceOffAll(suspects, key);
  }

  /** @returns whether it is worth while to look at the table again */
  private async askFor(key: string, holder: string): Promise<boolean> {
    try {
      if (await this.isSuspect(holder)) return await this.takeFromSuspect(holder, key);
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
  private async takeFrom(holder: string, key: string): Promise<boolean> {
    if (await this.processes.isGone(holder)) {
      return this.table !== undefined && this.take(key, holder) === undefined;
    }
    if (!(await this.isSuspect(holder)) || !(await this.takeFromSuspect(holder, key))) return false;
    return this.take(key) === undefined;
  }

  private async isSuspect(identity: string): Promise<boolean> {
    return (await this.fences.readSuspects()).includes(identity);
  }

  /** Those of now, for what is found free right after this is theirs all the same if they hold it. */
  private async suspects(): Promise<Suspect[]> {
    const identities = await this.fences.readSuspects();
    this.hasSuspects = identities.length > 0;
    return identities
      .filter((identity) => identity !== this.processes.identity)
      .map((identity) => ({ identity, mayHoldAny: !this.processes.hasMet(identity) }));
  }

  /** @returns whether it is worth while to look at the table again */
  private async takeFromSuspect(identity: string, key: string): Promise<boolean> {
    // From here on the suspect knows, as soon as it looks.
    const state = await this.processes.fence(identity, key);
    const isTaken = state !== undefined && this.table && this.take(key, identity) === undefined;
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
  private async fenceOffAll(suspects: readonly Suspect[], key: string): Promise<boolean> {
    try {
      for (const suspect of suspects) await this.fenceOff(suspect, key);
    } catch (error) {
      // The row stays, so that the next one that wants the key comes by here.
      this.held.delete(key);
      throw error;
    }
    return this.table !== undefined;
  }

  private async fenceOff({ identity, mayHoldAny }: Suspect, key: string): Promise<void> {
    const state = this.fences.peekFence(identity, key);
    if (state === 'done' || (state === undefined && !mayHoldAny)) return;
    // One that is no suspect any more has found the key taken, and is about to let go.
    if (state === undefined) await this.processes.fence(identity, key);
    await this.renew(key, identity);
    await this.fences.completeFence(identity, key, this.processes.identity);
  }

  /**
   * Takes a key that is free, or whose holder has ended, or was fenced off.
   *
   * @returns the other one who has it; `undefined` when this process has it now
   */
  private take(key: string, former?: string): string | undefined {
    const { identity } = this.processes;
    const isFree = (current?: string) =>
      current === undefined || current === identity || current === former;
    const holder = this.opened.put(key, identity, isFree);
    if (holder !== identity) return holder;
    this.held.set(key, true);
    return undefined;
  }

  private async handOver(key: string, to: string): Promise<string> {
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

  private lose(key: string, taker: string): void {
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
  private passOn(key: string): boolean {
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
