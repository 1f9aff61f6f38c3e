import { ProcessGoneError } from './process-gone.error.js';
import type { Processes } from './processes.js';
import type { ClaimTable } from './shared-tables.interface.js';

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
 * Who among the processes has what in hand: any key, one process at a time.
 *
 * A table tells who has a key. Who wants it asks that process and waits for its answer, so nothing
 * polls; a process that has ended is found out by the asking. While a process is alone it writes
 * nothing: what it has is written when another one joins, and before that one claims anything.
 */
export class SharedClaims {
  /** What this process has, and whether the table says so. */
  private readonly held = new Map<string, boolean>();
  private readonly running = new Map<string, Promise<boolean>>();
  private table?: ClaimTable;
  private reserve: Reserve = () => Promise.resolve({ release: () => undefined });

  constructor(private readonly processes: Processes) {
    processes.answer(TOPIC, (key, from) => this.handOver(key, from));
    processes.whenMet(() => this.share());
  }

  /** Whether no other process could have anything in hand. */
  get isAlone(): boolean {
    return this.processes.isMet && this.processes.isAlone;
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

  /**
   * Takes a key over from the process that has it.
   *
   * @returns nothing when this process has the key now, else a promise of whether it got it; the
   * holder may take its time, or refuse
   */
  claim(key: string): Promise<boolean> | undefined {
    const running = this.running.get(key);
    if (running) return running;
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
    return this.takeAlone(key) || this.take(key) === undefined;
  }

  /** Takes a key that no living process has, and disturbs none. */
  async tryClaim(key: string): Promise<boolean> {
    if (this.takeAlone(key)) return true;
    if (!(await this.processes.meet()) || !this.table) return false;
    const holder = this.take(key);
    if (holder === undefined) return true;
    if (!(await this.processes.isGone(holder)) || !this.table) return false;
    return this.take(key, holder) === undefined;
  }

  /** Gives a key back. */
  release(key: string): void {
    const isWritten = this.held.get(key);
    this.held.delete(key);
    if (!isWritten) return;
    try {
      this.table?.remove(key, this.processes.identity);
    } catch {
      // A row that stays is given away as soon as someone asks for it.
    }
  }

  /** What a process that has ended had in hand, as far as nobody has taken it over. */
  leftBy(identity: string): string[] {
    return this.table?.keysOf(identity) ?? [];
  }

  /** The way of a process without others: it costs no row. */
  private takeAlone(key: string): boolean {
    if (this.held.has(key)) return true;
    if (!this.isAlone || !this.table) return false;
    this.held.set(key, false);
    return true;
  }

  private takeFree(key: string): boolean {
    if (!this.processes.isMet || !this.table) return false;
    try {
      return this.take(key) === undefined;
    } catch {
      // The longer way meets the same fault, and tells it.
      return false;
    }
  }

  private async win(key: string): Promise<boolean> {
    if (!(await this.processes.meet()) || !this.table) return false;
    let holder = this.take(key);
    while (holder !== undefined) {
      if (!(await this.askFor(key, holder))) return false;
      holder = this.take(key);
    }
    return true;
  }

  /** @returns whether it is worth while to look at the table again */
  private async askFor(key: string, holder: string): Promise<boolean> {
    try {
      const answer = await this.processes.ask(holder, TOPIC, key);
      return answer !== REFUSED && this.table !== undefined;
    } catch (error) {
      if (!(error instanceof ProcessGoneError)) throw error;
      if (!this.table) return false;
      this.take(key, holder);
      return true;
    }
  }

  /**
   * Takes a key that nobody has, or one who has ended.
   *
   * @returns the other one who has it; `undefined` when this process has it now
   */
  private take(key: string, ended?: string): string | undefined {
    const { identity } = this.processes;
    const isFree = (current?: string) =>
      current === undefined || current === identity || current === ended;
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

  /** Writes what was taken while nobody else was there. */
  private share(): void {
    const { identity } = this.processes;
    for (const [key, isWritten] of this.held) {
      if (isWritten) continue;
      this.opened.put(key, identity, () => true);
      this.held.set(key, true);
    }
  }

  private get opened(): ClaimTable {
    if (this.table) return this.table;
    throw new Error('The claims of processes are not open.');
  }
}
