import type { Contender } from '../contenders.js';
import type { LoopDelay } from '../servers/usage.js';
import type { Place } from '../servers/bench-server.js';

/** What came of measuring one entrant once. */
export interface Sample {
  /** The figure of the scenario, in its unit. */
  readonly figure: number;
  /** Processor seconds for each piece of work. */
  readonly cpu?: number;
  /** Most bytes of memory while it was measured. */
  readonly peakMemory?: number;
  /** Bytes that the peak lies above what there was before. */
  readonly grownMemory?: number;
  readonly delay?: LoopDelay;
  /** Share of one processor that the driver needed; near 1, the figure may be the driver's. */
  readonly driver?: number;
}

/** An entrant that is ready to be measured. */
export interface Bench {
  measure(): Promise<Sample>;
  close(): Promise<void>;
}

/** One of those that are compared in a scenario. */
export interface Entrant extends Omit<Contender, 'start'> {
  /** Starts and warms it up. */
  open(place: Place): Promise<Bench>;
}

/** What not every machine has. */
export type Need = 'S3' | 'PostgreSQL';

/** One comparison. */
export interface Scenario {
  /** By which `--only` chooses it, alone or with all that share the part before a colon. */
  readonly name: string;
  readonly title: string;
  /** What the figure is: pieces of work a second, how long one takes, or what it asks of a store. */
  readonly unit: '/s' | 'ms' | 's' | 'requests';
  /** The piece of work that processor time is told for. */
  readonly per: string;
  /** What it needs beside a disk. */
  readonly needs?: Need;
  /** Whether each sample is taken of a server just started. */
  readonly fresh?: boolean;
  readonly entrants: readonly Entrant[];
}
