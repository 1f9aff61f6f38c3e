import type { RunningAppend, ThroughputStats, TusStats } from '../measures/index.js';

/**
 * A process that shares the uploads of an instance, on this machine or another one.
 *
 * @publicApi
 */
export interface TusProcess {
  /** Tells it from all others, those included that have ended. */
  readonly identity: string;

  /** Whether it is the one that was asked. */
  readonly isThis: boolean;

  /** What it says of itself; absent: it did not answer within a second. */
  readonly report?: ProcessReport;
}

/**
 * What a process says of itself.
 *
 * @publicApi
 */
export interface ProcessReport {
  /** Its process id, on its machine. */
  readonly pid: number;

  /** What its machine calls itself. */
  readonly host: string;

  /** What it has done since its start. */
  readonly stats: TusStats;

  /** The requests that bring bytes to it, the oldest first, 200 at most; `stats` has their number. */
  readonly appends: readonly RunningAppend[];

  /** Bytes that came to it in the last five minutes. */
  readonly throughput: ThroughputStats;
}
