import { performance } from 'node:perf_hooks';

/** What part of the patience a member trusts: clocks of two machines run at different rates, a little. */
const TRUSTED = 0.8;

/**
 * For how long a member may trust that no other one goes on without it.
 *
 * Others do so no sooner than a patience after it has last shown that it lives, as the database counts.
 * One that was stopped finds here, when it wakes and before anything it does counts, that more time has
 * gone by. The clock stands still while a whole machine is suspended: after that the epochs of the
 * records, and the new files of uploads, are what is left to keep it from harm.
 */
export class Validity {
  private until = -Infinity;

  /** @param patience milliseconds */
  constructor(private readonly patience: number) {}

  get holds(): boolean {
    return performance.now() < this.until;
  }

  /** Begins to show that this member lives; what it returns is to be called once that was seen. */
  begin(): () => void {
    const end = performance.now() + this.patience * TRUSTED;
    return () => (this.until = end);
  }

  end(): void {
    this.until = -Infinity;
  }
}
