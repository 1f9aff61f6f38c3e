/** Told of processes on the folder that hang, this one among them. */
export interface ProcessesObserver {
  /**
   * Another process has stopped answering: told once, until it answers again.
   *
   * @param reason why it cannot be asked at all, as the system says it
   */
  silent(identity: string, reason?: string): void;

  /** A process that had stopped answering does again. */
  answers(identity: string): void;

  /** This process did not answer for a while, and others have taken uploads over: told once, with how many. */
  fenced(count: number): void;
}
