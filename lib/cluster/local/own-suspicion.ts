import type { ClusterObserver } from '../cluster-observer.interface.js';
import type { FenceTables } from '../shared-tables.interface.js';
import { isMarkedSuspect, markSuspect, unmarkSuspect } from './suspect-mark.js';

/** What others have taken from this process, by key: who has. */
export type Fences = ReadonlyMap<string, string>;

/** This process, and where it learns what others have noted of it. */
export interface OwnSuspicionOptions {
  readonly identity: string;
  /** Of the sockets. */
  readonly folder: string;
  readonly tables: FenceTables;
  readonly observer?: ClusterObserver;
}

/**
 * Whether others go on without this process, because it did not answer for a while, and what they have
 * taken from it meanwhile.
 */
export class OwnSuspicion {
  private learning?: Promise<void>;

  /** @param onLearned called with what was taken, before this process counts as one of them again */
  constructor(
    private readonly options: OwnSuspicionOptions,
    private readonly onLearned: (fences: Fences) => void,
  ) {}

  /** Whether this process is a suspect, as of now; `undefined` when that cannot be told at once. */
  get isSuspect(): boolean | undefined {
    if (!this.isMarked) return false;
    const { identity, tables } = this.options;
    return tables.peekSuspects()?.includes(identity);
  }

  /** Whether others have taken a key from this process, as of now; also when that cannot be told. */
  hasLost(key: string): boolean {
    if (!this.isMarked) return false;
    const { identity, tables } = this.options;
    const suspects = tables.peekSuspects();
    if (suspects?.length === 0) return false;
    return suspects === undefined || tables.peekFence(identity, key) !== undefined;
  }

  /**
   * Learns what others have taken, and counts as one of them again.
   *
   * @param reachOthers connects to all of them first
   * @throws Error of the system when one of them cannot be reached
   */
  learn(reachOthers: () => Promise<unknown>): Promise<void> {
    this.learning ??= this.learnNow(reachOthers).finally(() => (this.learning = undefined));
    return this.learning;
  }

  /** To look at a file costs much less than to read a table. */
  private get isMarked(): boolean {
    const { folder, identity } = this.options;
    return this.learning !== undefined || isMarkedSuspect(folder, identity);
  }

  private async learnNow(reachOthers: () => Promise<unknown>): Promise<void> {
    const { folder, identity, observer } = this.options;
    await reachOthers();
    // First, so that the mark of a process that suspects this one again meanwhile stays.
    await unmarkSuspect(folder, identity);
    const count = await this.lift().catch(async (error: unknown) => {
      await markSuspect(folder, identity);
      throw error;
    });
    if (count > 0) observer?.fenced(count);
  }

  /** @returns how many keys were taken from this process */
  private async lift(): Promise<number> {
    const { identity, tables } = this.options;
    let count = 0;
    await tables.lift(identity, (fences) => {
      count = fences.size;
      this.onLearned(fences);
    });
    return count;
  }
}
