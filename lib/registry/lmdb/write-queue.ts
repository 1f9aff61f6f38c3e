import { ContextSnapshot } from '../../context/index.js';

/** Most pieces of work in one transaction, so that the event loop is not held for long. */
const MAX_BATCH = 256;

/** A piece of work that waits: run within a transaction, it says how to settle its promise. */
interface Entry<C> {
  run(context: C): () => void;
  fail(reason: unknown): void;
}

/**
 * Gathers concurrent writes: what arrives while one transaction is on its way to the disk goes
 * into the next one, all of it with one flush.
 *
 * Never more than one transaction runs at a time, so that after a failed one nothing else is under
 * way and what runs the transactions may start afresh.
 */
export class WriteQueue<C> {
  /**
   * Under load the queue never rests, and must not keep the context of the request that woke it.
   */
  private readonly context = new ContextSnapshot();
  private readonly waiting: Entry<C>[] = [];
  private draining?: Promise<void>;

  /**
   * @param transact runs its argument in one transaction, with what there is to work on, and
   * resolves when that is committed
   */
  constructor(private readonly transact: (work: (context: C) => void) => Promise<void>) {}

  /**
   * Runs a piece of work in a transaction, and resolves when that is committed.
   *
   * What the work throws is passed on, and so is the reason why a transaction failed.
   */
  add<T>(work: (context: C) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = (context: C) => attempt(() => work(context), resolve, reject);
      this.waiting.push({ run, fail: reject });
      this.draining ??= this.context.run(() => this.drain());
    });
  }

  /** Resolves when nothing is waiting or under way. */
  async idle(): Promise<void> {
    while (this.draining) await this.draining;
  }

  private async drain(): Promise<void> {
    // What is asked for in one go is to go into one transaction.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.commit(this.waiting.splice(0, MAX_BATCH));
    this.draining = undefined;
  }

  private async commit(batch: readonly Entry<C>[]): Promise<void> {
    let settle: (() => void)[] = [];
    try {
      await this.transact((context) => {
        settle = batch.map((entry) => entry.run(context));
      });
    } catch (reason) {
      settle = batch.map((entry) => () => entry.fail(reason));
    }
    for (const done of settle) done();
  }
}

/** One work's error must not keep the others of its transaction from being committed. */
function attempt<T>(
  work: () => T,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}
