/** Which creations were acknowledged, which refused, and all the ways they ended. */
export interface Tally {
  acknowledged: string[];
  refused: string[];
  outcomes: string[];
}

/** What a registry and a storage did on a disk that was full, and later was not. */
export interface FullDiskReport {
  readonly registry: {
    readonly before: Tally;
    readonly full: Tally;
    readonly heldWhenFull: string[];
    /** The same change on the full disk, there after a restart, and with room again. */
    readonly changes: string[];
    readonly stateAfterChange: string;
    readonly deliveriesAfterChange: number;
    readonly heldAfterRestart: string[];
    readonly after: Tally;
    readonly heldAfterRoom: string[];
  };
  readonly firstStart: {
    readonly whenFull: string;
    readonly orphans: string[];
    readonly withRoom: string;
  };
  readonly storage: {
    readonly write: string;
    readonly again: string;
    readonly given: number;
    readonly size: number;
    readonly sizeOnDisk: number;
    readonly told?: number;
    readonly afterRoom: string;
    readonly finalSize: number;
  };
  readonly move: {
    readonly whenFull: string;
    readonly orphans: string[];
    readonly sourceSize?: number;
    readonly withRoom: string;
    readonly moved: string[];
  };
}
