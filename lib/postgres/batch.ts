import { setImmediate as nextTurn } from 'node:timers/promises';
import { ContextSnapshot } from '../context/index.js';
import { RegistryUnavailableError } from '../errors/index.js';
import { NoAnswerError } from './postgres.errors.js';
import { TIME_LIMITS } from './time-limits.js';

interface Waiting<T, R> {
  /** The tick at which it came. */
  readonly since: number;
  readonly item: T;
  readonly resolve: (result: R | Promise<R>) => void;
  readonly reject: (reason: unknown) => void;
}

/** More would hold up what else the process does. */
const MOST_TOGETHER = 256;

/** Ticks of its patience: a process that was stopped has missed one of them at most. */
const TICKS = 5;

/** Does what many ask for together: all that comes while its runs are under way is the next one. */
export class Batch<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private running = 0;
  private ticks = 0;
  private clock?: NodeJS.Timeout;
  private whenIdle: (() => void)[] = [];
  private readonly context = new ContextSnapshot();

  /**
   * @param run what it resolves to is in the order of the items
   * @param most runs that are under way at a time; one unless given
   * @param patience milliseconds after which it is refused what still waits; that of a connection unless
   *   given
   */
  constructor(
    private readonly run: (items: readonly T[]) => Promise<readonly (R | Promise<R>)[]>,
    private readonly most = 1,
    private readonly patience: number = TIME_LIMITS.connect,
  ) {}

  /** @throws RegistryUnavailableError when it was waited for too long until its run began */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject, since: this.ticks });
      if (this.running < this.most) this.context.run(() => void this.runAll());
    });
  }

  /** Resolves when all is done that was asked for. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  private async runAll(): Promise<void> {
    this.running++;
    this.clock ??= setInterval(() => this.tick(), this.patience / TICKS);
    // What else is asked for in this turn comes along, by the requests that were read in it.
    await nextTurn();
    while (this.waiting.length > 0) await this.runOnce(this.waiting.splice(0, MOST_TOGETHER));
    this.running--;
    if (this.running === 0) this.rest();
  }

  private async runOnce(waiting: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.run(waiting.map(({ item }) => item));
      waiting.forEach(({ resolve }, index) => resolve(results[index] as R | Promise<R>));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  private rest(): void {
    clearInterval(this.clock);
    this.clock = undefined;
    this.whenIdle.splice(0).forEach((resolve) => resolve());
  }

  /** Refuses what has waited for too long. */
  private tick(): void {
    this.ticks++;
    const kept = this.waiting.findIndex(({ since }) => since > this.ticks - TICKS);
    const cause = new NoAnswerError('To get a turn', this.patience);
    for (const { reject } of this.waiting.splice(0, kept === -1 ? Infinity : kept)) {
      reject(new RegistryUnavailableError({ cause }));
    }
  }
}
