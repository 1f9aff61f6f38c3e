import type { Member } from './cluster.interface.js';

/** Told of members that hang, this one among them. */
export interface ClusterObserver {
  /**
   * Another member has stopped answering: told once, until it answers again.
   *
   * @param reason why it cannot be asked at all, as the system says it
   */
  silent(member: Member, reason?: string): void;

  /** A member that had stopped answering does again. */
  answers(member: Member): void;

  /** This member did not answer for a while, and others have taken uploads over: told once, with how many it knows of. */
  fenced(count: number): void;

  /**
   * This member was cut off from the others, who take from it what they want: told once, until it has
   * joined them again.
   *
   * @param count of the keys that it had
   */
  cutOff?(count: number): void;

  /** It has joined them again. */
  back?(): void;
}
