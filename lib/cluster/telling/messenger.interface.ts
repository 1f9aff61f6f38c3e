/** Asks the other members of a cluster, and answers them. */
export interface Messenger {
  /** Those that live, as far as is known. */
  readonly others: readonly string[];

  /** Answers what others ask under a topic. */
  answer(topic: string, answerer: (body: string, from: string) => Promise<string>): void;

  /**
   * Asks another member.
   *
   * @throws ProcessGoneError when it ends before it has answered
   * @throws ProcessSilentError when others go on without it before that
   * @throws Error when it answered with an error
   */
  ask(member: string, topic: string, body?: string): Promise<string>;

  /** Calls when there is a way to another member, which answers from then on. */
  whenLinked(listener: (member: string) => void): void;

  /** Calls when another member has joined, or this one has joined the others again. */
  whenMet(listener: () => void): void;

  /** Calls when another member was found to have ended. */
  whenGone(listener: (member: string) => void): void;

  /** Whether a member has stopped answering, as far as is known, and may live. */
  isSilent(member: string): boolean;
}
