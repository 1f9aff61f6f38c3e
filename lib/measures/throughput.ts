import type { ThroughputStats } from './tus-measures.interface.js';

/** Milliseconds of a step, and how many are kept: five minutes. */
const STEP = 2000;
const STEPS = 150;

/** Counts the bytes that come, by time: no timer runs, and memory does not grow. */
export class Throughput {
  /** A ring, by number of the step since the epoch. */
  private readonly bytes = Array.from({ length: STEPS }, () => 0);
  /** Number of the last step that something was counted in, or asked of. */
  private last = stepNow();

  add(bytes: number): void {
    const at = this.advance() % STEPS;
    this.bytes[at] = (this.bytes[at] ?? 0) + bytes;
  }

  stats(): ThroughputStats {
    const next = this.advance() + 1;
    const from = next % STEPS;
    const bytes = [...this.bytes.slice(from), ...this.bytes.slice(0, from)];
    return { step: STEP, until: new Date(next * STEP), bytes };
  }

  /** Empties the steps that nothing came in; those of a clock that was set back go on with the last one. */
  private advance(): number {
    const now = stepNow();
    for (let step = Math.max(this.last, now - STEPS) + 1; step <= now; step++) {
      this.bytes[step % STEPS] = 0;
    }
    this.last = Math.max(this.last, now);
    return this.last;
  }
}

function stepNow(): number {
  return Math.floor(Date.now() / STEP);
}
