import { performance } from 'node:perf_hooks';

/** What part of the patience a member trusts: clocks of two machines run at different rates, a little. */
const TRUSTED = 0.8;

/**
 * For how long a member may trust that no other one goes on without it.
 *
 * Others do so no sooner than a patience after it has last shown that it lives, as the database counts.
 * One that was stopped finds here, when it wakes and before anything it does counts, that more time has
 * gone by. Of two clocks the later one counts: the one stands still while a machine is paused, the other
 * may be set back.
 */
export class Validity {
  private steadyEnd = -Infinity;
  private wallEnd = -Infinity;

  /** @param patience milliseconds */
  constructor(private readonly patience: number) {}

  get holds(): boolean {
    return performance.now() < this.steadyEnd && Date.now() < this.wallEnd;
  }

  /** Begins to show that this member lives; to be called with what this returned once that was seen. */
  begin(): () => void {
    const [steady, wall] = [performance.now(), Date.now()];
    return () => {
      this.steadyEnd = steady + this.patience * TRUSTED;
      this.wallEnd = wall + this.patience * TRUSTED;
    };
  }

  end(): void {
    this.steadyEnd = this.wallEnd = -Infinity;
  }
}
