import { performance } from 'node:perf_hooks';
import { processorWait } from './processor-wait.js';

/** Milliseconds from which on a call was slow: in memory, or on a local disk, it takes microseconds. */
const SLOW = 20;

/** Milliseconds for which calls wait in the thread pool after a slow one, at first. */
const TRIAL = 5000;

/** The most of it. */
const LONGEST_TRIAL = 600_000;

/**
 * Milliseconds after which a call in the thread pool counts as hanging, not as waiting for its
 * turn.
 */
const HANGING = 250;

/** What tells slow disks from slow machines, in milliseconds. */
export interface PaceClocks {
  /** Never set back. */
  now(): number;

  /** For how long this thread had no processor so far. */
  waited(): number;
}

const CLOCKS: PaceClocks = { now: () => performance.now(), waited: processorWait };

/** A call that the thread pool has. */
interface Pending {
  readonly since: number;
}

/**
 * Decides where a call to the file system is made: on the event loop, where it costs a fifth of
 * what a turn in the thread pool does, or off it, where a disk that hangs holds up nothing else.
 *
 * Calls are made on the event loop as long as they are answered at once. The first slow call is
 * known to be slow only when it has returned. So a disk that begins to hang holds up the loop for
 * that one call, or for two where the machine is busy too. Later calls go to the thread pool until
 * the disk has answered fast there, and for longer each time it turns out to be slow again.
 *
 * A call is also slow when the machine has no processor for it. That is not the disk's fault, and
 * the thread pool would make it worse.
 */
export class DiskPace {
  private mayBlock = true;
  private slowSince?: number;
  private fastSince = -Infinity;
  private trial = TRIAL;
  private readonly pending = new Set<Pending>();

  private waitedBefore: number;

  constructor(private readonly clocks = CLOCKS) {
    this.waitedBefore = clocks.waited();
  }

  /** Whether calls are made on the event loop. */
  get isFast(): boolean {
    return this.mayBlock && this.slowSince === undefined;
  }

  /** Makes no call on the event loop from now on. */
  distrust(): void {
    this.mayBlock = false;
  }

  /**
   * Makes a call in one of two ways.
   *
   * @param here returns when the disk has answered
   * @param inPool does the same in the thread pool
   */
  run<T>(here: () => T, inPool: () => Promise<T>): T | Promise<T> {
    return this.isFast ? this.block(here) : this.follow(inPool);
  }

  private block<T>(call: () => T): T {
    const since = this.now();
    try {
      return call();
    } finally {
      const now = this.now();
      if (now - since >= SLOW && this.isOfDisk(now - since)) this.slowDown(now);
    }
  }

  /**
   * Waits are counted since the last slow call; if they hide the answer, the next slow call tells.
   */
  private isOfDisk(milliseconds: number): boolean {
    const before = this.waitedBefore;
    this.waitedBefore = this.clocks.waited();
    return this.waitedBefore - before < milliseconds / 2;
  }

  private now(): number {
    return this.clocks.now();
  }

  private async follow<T>(call: () => Promise<T>): Promise<T> {
    const pending: Pending = { since: this.now() };
    this.pending.add(pending);
    try {
      return await call();
    } finally {
      this.pending.delete(pending);
      this.judge(pending);
    }
  }

  private slowDown(now: number): void {
    const wasFastFor = now - this.fastSince;
    this.trial = wasFastFor < this.trial ? Math.min(this.trial * 2, LONGEST_TRIAL) : TRIAL;
    this.slowSince = now;
  }

  /** How long a call was in the pool says that the disk is fast, but not that it is slow. */
  private judge({ since }: Pending): void {
    const now = this.now();
    if (this.slowSince === undefined || now - this.slowSince < this.trial) return;
    if (now - since >= SLOW || this.hasHanging(now)) return;
    this.slowSince = undefined;
    this.fastSince = now;
  }

  private hasHanging(now: number): boolean {
    // They are kept in the order they came in.
    const [oldest] = this.pending;
    return oldest !== undefined && now - oldest.since >= HANGING;
  }
}
