import { setTimeout as pause } from 'node:timers/promises';
import { ProcessGoneError } from '../telling/process-gone.error.js';
import { ProcessSilentError } from '../telling/process-silent.error.js';
import type { Silences } from './silences.js';

/** Milliseconds until a process is greeted again that could not be reached, and may live. */
const RETRY_PAUSE = 1000;

/** Milliseconds that others get to take note of this process when it matters. */
const PATIENCE = 10_000;

/** Sees to it that those take note of this process which were there before it. */
export class Greetings {
  /** Those that have not yet. */
  private readonly unmet = new Set<string>();
  private round?: Promise<void>;
  private isOver = false;
  private isEnded = false;

  /** @param hello resolves when a process has taken note of this one */
  constructor(
    private readonly silences: Silences,
    private readonly hello: (identity: string) => Promise<unknown>,
  ) {}

  /** Whether all have taken note, or have ended, or are suspects. */
  get areOver(): boolean {
    return this.isOver;
  }

  /** Whether all have taken note, or have ended. */
  get haveReachedAll(): boolean {
    return this.unmet.size === 0;
  }

  haveReached(identity: string): boolean {
    return !this.unmet.has(identity);
  }

  /** Greets all of them, and goes on with it as long as they live. */
  begin(identities: readonly string[]): void {
    this.isEnded = false;
    this.round = this.greetAll(identities);
  }

  /**
   * Waits until they are over.
   *
   * @param patience milliseconds
   * @returns whether they are
   */
  async wait(patience = PATIENCE): Promise<boolean> {
    if (this.isOver) return true;
    const over = new AbortController();
    const outOfPatience = pause(patience, undefined, { signal: over.signal });
    await Promise.race([this.round, outOfPatience]);
    over.abort();
    await outOfPatience.catch(() => undefined);
    return this.isOver;
  }

  /** Tries until a process has taken note of this one, or has ended. */
  async greet(identity: string): Promise<void> {
    while (!this.isEnded) {
      try {
        await this.hello(identity);
        this.unmet.delete(identity);
        return;
      } catch (error) {
        if (error instanceof ProcessGoneError) return this.forget(identity);
        await pause(RETRY_PAUSE, undefined, { ref: false });
      }
    }
  }

  /** A process has ended. */
  forget(identity: string): void {
    this.unmet.delete(identity);
  }

  /** Greets none any more. */
  end(): void {
    this.isEnded = true;
    this.isOver = false;
  }

  private async greetAll(identities: readonly string[]): Promise<void> {
    for (const identity of identities) this.unmet.add(identity);
    await Promise.all(identities.map((identity) => this.greetUnlessSilent(identity)));
    this.isOver = !this.isEnded;
  }

  private async greetUnlessSilent(identity: string): Promise<void> {
    try {
      await this.silences.during(identity, this.greet(identity));
    } catch (error) {
      if (!(error instanceof ProcessSilentError)) throw error;
    }
  }
}
