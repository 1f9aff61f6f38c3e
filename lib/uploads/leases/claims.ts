/** A key that is left alone until it is released. */
interface Reserved {
  release(): void;
}

/** Which of several processes may hold an upload. */
export interface Claims {
  /** Whether no other process could hold anything. */
  readonly isAlone: boolean;

  /** Whether that is so as of now: others may have begun to go on without this process. */
  readonly isStillAlone: boolean;

  /**
   * Whether an upload that this process has was taken from it, as of now, for it did not answer. What
   * was seen or done before counts when it was not.
   */
  hasLost(id: string): boolean;

  /** Calls with an upload that was taken from this process. */
  onLost(listener: (id: string) => void): void;

  /**
   * Takes an upload over from whichever process has it.
   *
   * @returns nothing when this process has it now, else a promise of whether it got it
   */
  claim(id: string): Promise<boolean> | undefined;

  /**
   * Takes an upload whose id no other process can know yet, whether or not all others are known.
   *
   * @returns whether it can be taken at all
   */
  claimNew(id: string): boolean;

  /** Takes an upload that no other process has, and disturbs none. */
  tryClaim(id: string): Promise<boolean>;

  /** Gives an upload back; nothing happens when this process does not have it. */
  release(id: string): void;

  /**
   * Says how other processes get an upload that this one has: what is called resolves once it can
   * be given away, and to `undefined` when it will not be.
   */
  onWanted(reserve: (id: string) => Promise<Reserved | undefined>): void;
}

/** The claims of a process that shares its uploads with no other one. */
export class SoleClaims implements Claims {
  readonly isAlone = true;
  readonly isStillAlone = true;

  hasLost(): boolean {
    return false;
  }

  onLost(): void {
    // There is no other process to take any.
  }

  claim(): undefined {
    return undefined;
  }

  claimNew(): boolean {
    return true;
  }

  tryClaim(): Promise<boolean> {
    return Promise.resolve(true);
  }

  release(): void {
    // There is no other process to take it.
  }

  onWanted(): void {
    // There is no other process to ask.
  }
}
