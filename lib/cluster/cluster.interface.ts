import type { Fence } from '../errors/index.js';
import type { LeaseKey } from './lease-key.js';

/** One of the processes that belong together. */
export interface Member {
  /** Tells it from all others, those included that have ended. */
  readonly identity: string;
  /** Its process id, which is for people, where it is of this machine and known. */
  readonly pid?: number;
}

/** A key that its own member leaves alone until it is released. */
export interface Reserved {
  /** Lets others have it. */
  release(): void;
}

/**
 * Waits until this member has a key to spare.
 *
 * @returns `undefined` when it will not give it away
 */
export type Reserve = (key: LeaseKey) => Promise<Reserved | undefined>;

/**
 * Sees to it that a member which had a key, and does not answer, can change nothing by it that counts.
 */
export type Renew = (key: LeaseKey, suspect: Member) => Promise<void>;

/**
 * Which member has which key: each key, one member at a time.
 *
 * A member that lives and does not answer, for it is stopped, hangs or is cut off, is fenced after a
 * while: others take from it what they want. It may wake at any time, and must find that out before
 * anything it does counts, `hasLost()` and the registry's own transactions included. How that is known
 * is the matter of the implementation, and so is any epoch: on one machine it notes what was taken
 * from whom, where claims are rows of a database each has an epoch of its own.
 */
export interface Claims extends Fence {
  /** Whether no other member is known to live, so that no other one holds anything. It costs no look. */
  readonly isAlone: boolean;

  /**
   * Whether another member has a key, or may have it, as of now: also when that cannot be told. It
   * claims nothing, writes nothing and disturbs no member.
   */
  isHeldElsewhere(key: LeaseKey): boolean | Promise<boolean>;

  /**
   * Takes a key over from whichever member has it.
   *
   * @returns nothing when this member has the key now, else a promise of whether it got it; the holder
   *   may take its time, or refuse
   */
  claim(key: LeaseKey): Promise<boolean> | undefined;

  /**
   * Takes a key that no other member can know yet, whether or not all others are known. They may see that
   * a moment later.
   *
   * @returns whether it can be taken at all
   */
  claimNew(key: LeaseKey): boolean;

  /** Takes a key that no member has that lives and answers, and disturbs none. */
  tryClaim(key: LeaseKey): Promise<boolean>;

  /**
   * Gives a key back, which others may see a moment later; nothing happens when this member does not have
   * it.
   */
  release(key: LeaseKey): void;

  /**
   * Says how other members get a key that this one has: what is called resolves once it can be given
   * away.
   */
  onWanted(reserve: Reserve): void;

  /** Calls with a key that was taken from this member while it had it. */
  onLost(listener: (key: LeaseKey) => void): void;

  /** Says how what a key stands for is kept from a member that does not answer. */
  onFence(renew: Renew): void;
}

/** Who belongs to the cluster. Listeners are called for other members only. */
export interface Membership {
  /** That of this member; see `Member`. */
  readonly identity: string;

  /** Whether a member has ended for certain; `false` for this one. */
  isGone(identity: string): Promise<boolean>;

  /** Whether others go on without a member, which may live. */
  isSuspected(identity: string): Promise<boolean>;

  /** Calls when another member has joined, or this one has joined the others again. */
  onMet(listener: () => void): void;

  /** Calls when another member was found to have ended, with the keys that it held. */
  onGone(listener: (identity: string, keys: readonly LeaseKey[]) => void): void;

  /** Calls when this member has found that another one does not answer, and goes on without it. */
  onSuspected(listener: (identity: string) => void): void;
}

/** What members tell each other of deliveries. */
export interface Waking {
  /** Tells the others that there are deliveries which this member leaves to them. */
  wakeOthers(): void;

  /**
   * Calls when another member has left deliveries.
   *
   * @param listener tells whether this member will never make any, and need not be told again
   */
  onWoken(listener: () => boolean): void;
}

/** What a member tells of an upload. */
export interface News {
  /** Id of the upload. */
  readonly uploadId: string;
  /** Some hundred bytes, and what the upload's client has said of it. */
  readonly text: string;
  /** Whether what is told of the upload next makes it superfluous. */
  readonly isPassing: boolean;
}

/**
 * What members tell each other of uploads, as long as one of them watches: otherwise they tell nothing.
 *
 * News are told once, in order for each upload, and may be lost to a member that does not answer.
 */
export interface Watching {
  /**
   * Has the others tell this member what happens to an upload, those included that join later.
   *
   * @param uploadId absent: of all uploads
   * @param onReached called each time another member has begun to tell, and after this one has not
   *   answered for a while: what happened before may not have been told
   * @returns ends it
   */
  watch(uploadId?: string, onReached?: () => void): () => void;

  /** Whether another member watches an upload. It costs no look. */
  isWatched(uploadId: string): boolean;

  /** Tells those members that watch the upload. */
  tell(news: News): void;

  /** Calls with what another member tells of what this one watches. */
  onTold(listener: (text: string) => void): void;
}

/** What another member says of itself. */
export interface MemberReport {
  /** See `Member`. */
  readonly identity: string;
  /** Absent: it did not answer in time. */
  readonly text?: string;
}

/** What members say of themselves when one of them asks. */
export interface Reporting {
  /** Says what this member answers. */
  onAsked(report: () => string): void;

  /**
   * Asks each of the others that lives, as far as is known, and disturbs none.
   *
   * @param patience milliseconds after which one that has not answered is waited for no longer
   */
  askOthers(patience: number): Promise<readonly MemberReport[]>;
}

/** The processes that share the uploads of an instance, on one machine or on several. */
export interface Cluster extends Claims, Membership, Waking, Watching, Reporting {
  /**
   * Joins the others. May be repeated when it failed.
   *
   * @throws UnfitFolderError when that cannot be where they meet
   */
  open(): Promise<void>;

  /** Leaves the others, who take what this member had, and take it for ended from now on. */
  close(): Promise<void>;
}
