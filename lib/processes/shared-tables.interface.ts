/** The processes that share a folder, as far as anyone has noted. */
export interface Members {
  /** Named anew whenever a process finds none of the others alive. */
  readonly generation: string;
  /** Identities; those of processes that have ended meanwhile may be among them. */
  readonly identities: readonly string[];
}

/** Who has what in hand. Every method is one atomic step, also against other processes. */
export interface ClaimTable {
  /**
   * Writes a holder, if the current one may be replaced.
   *
   * @returns who holds the key afterwards
   * @throws NoSpaceError when there is no room; nothing was changed then
   */
  put(key: string, holder: string, mayReplace: (current?: string) => boolean): string;

  /** Removes the row of a key, if this is who holds it. */
  remove(key: string, holder: string): void;

  /** The keys of one holder. */
  keysOf(holder: string): string[];

  close(): Promise<void>;
}

/** What processes on one folder know together. */
export interface SharedTables {
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
