import type { Usage } from './usage.js';

/** Where a server may lie, and how it is run. */
export interface Place {
  /** An empty folder of its own. */
  readonly folder: string;
  /** Further options of Node, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
}

/** A server that is measured, in a process of its own. */
export interface BenchServer {
  readonly port: number;
  /** Begins to observe: peak memory and event-loop delay count from here. */
  observe(): Promise<Usage>;
  usage(): Promise<Usage>;
  /** Lets the process do something besides answering requests. */
  ask<T>(command: string, argument?: unknown): Promise<T>;
  /** Ends the process. */
  stop(): Promise<void>;
}
