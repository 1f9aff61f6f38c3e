/** The processes that share a folder, as far as anyone has noted. */
export interface Members {
  /** Named anew whenever a process finds none of the others alive. */
  readonly generation: string;
  /** Identities; those of processes that have ended meanwhile may be among them. */
  readonly identities: readonly string[];
}

/** Which process holds what. Every method is one atomic step, also against other processes. */
export interface ClaimTable {
  /**
   * Writes a holder, if the current one may be replaced.
   *
   * @returns who holds the key afterwards
   * @throws NoSpaceError when there is no room; nothing was changed then
   */
  put(key: string, holder: string, mayReplace: (current?: string) => boolean): string;

  /** Who holds a key, as of now. */
  holderOf(key: string): string | undefined;

  /** Removes the row of a key, if this is who holds it. */
  remove(key: string, holder: string): void;

  /** The keys of one holder. */
  keysOf(holder: string): string[];

  close(): Promise<void>;
}

/**
 * How far a key was taken from a process that does not answer: `begun`, when that process cannot change
 * a record by it any more, and `done`, when it can change no byte that counts either.
 */
export type FenceState = 'begun' | 'done';

/**
 * The processes that did not answer, the suspects, and what was taken from them.
 *
 * It is in one store with the records of uploads, so that each of a suspect's writes comes before all
 * this, and is seen, or after it, and fails.
 */
export interface FenceTables {
  /**
   * Whether there are any, as of now, in the transaction of a record that is under way too.
   *
   * @returns `undefined` while that cannot be told at once
   */
  peekSuspects(): readonly string[] | undefined;

  /** Whether a key was taken from a process, as of now; `undefined` as above. */
  peekFence(suspect: string, key: string): FenceState | undefined;

  readSuspects(): Promise<readonly string[]>;

  /** Notes that others go on without a process. */
  suspect(identity: string): Promise<void>;

  /**
   * Takes a key from a suspect.
   *
   * @param by identity of the process that takes it
   * @returns how far that is; `undefined` when it is no suspect any more, and nothing was done
   */
  fence(suspect: string, key: string, by: string): Promise<FenceState | undefined>;

  /** Says that a suspect can change nothing by a key that was taken from it. */
  completeFence(suspect: string, key: string, by: string): Promise<void>;

  /**
   * Forgets a suspect: it has ended, or has learned what was taken from it.
   *
   * @param settle called before that, in the same step: by key, who took it
   */
  lift(suspect: string, settle?: (fences: ReadonlyMap<string, string>) => void): Promise<void>;
}

/** What processes on one folder know together. */
export interface SharedTables extends FenceTables {
  open(): Promise<void>;

  close(): Promise<void>;

  /** What is noted of members; survives a lost machine. */
  readMembers(): Promise<Members | undefined>;

  /**
   * Notes members in place of what was read, unless that has changed since.
   *
   * @returns whether it was written
   */
  replaceMembers(seen: Members | undefined, next: Members): Promise<boolean>;

  /** The claims of one generation; they need not survive its last member. */
  openClaims(generation: string): Promise<ClaimTable>;
}
