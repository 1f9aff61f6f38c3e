/** Creations on a disk that works again: how they ended, and how many of all are missing. */
interface Afterwards {
  readonly outcomes: string[];
  readonly missing: number;
}

/** What a registry did on a disk that failed for a moment, and then for good. */
export interface RegistryEioReport {
  readonly before: string[];
  readonly momentary: string[];
  readonly afterMoment: Afterwards;
  readonly lasting: string[];
  readonly afterRestart: Afterwards;
  /** What its observer was told. */
  readonly events: string[];
  /** How many data files there were, one after the other. */
  readonly files: number;
}
