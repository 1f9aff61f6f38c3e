import type { SeededContent } from '../../../support/seeded.js';
import type { BucketSettings } from '../../servers/server-settings.js';
import type { Moment } from '../actors/index.js';

/** What is held of an upload. */
export interface HeldBytes {
  readonly size: number;
  /** Whether they are the ones that were sent. */
  readonly areRight: boolean;
}

/** A final upload that was asked for. */
export interface ExpectedFinal {
  /** What it is called, if that is known. */
  readonly id?: string;
  /** Ids of its parts. */
  readonly parts: readonly string[];
}

/** Where the servers of a run of kills keep bytes, for a look at them while no server runs. */
export interface RunStore {
  /** Moments that do not come with it. */
  readonly omitted: readonly Moment[];

  /** How many times as long uploads of many requests are as on disk, so that they have several parts. */
  readonly scale: number;

  /** Whether there is no room for all uploads of a run: those that were delivered are let go of. */
  readonly isSmall: boolean;

  /** What the next server is told of it; absent: that it keeps bytes in its folder. */
  renew(): Promise<BucketSettings | undefined>;

  /**
   * Looks at what is held of an upload.
   *
   * @param trusted most bytes to look at, all unless told
   */
  held(id: string, content: SeededContent, trusted?: number): Promise<HeldBytes>;

  /** Bytes that have come of an upload, counted or not; `undefined` where that cannot be seen. */
  arrived(id: string): Promise<number | undefined>;

  /** Takes bytes of an upload up to an offset for sent; absent where all must be. */
  skipTo?(id: string, offset: number): Promise<void>;

  /** What a final upload is called that is asked for; absent: it gets a name at random. */
  finalId?(count: number): string;

  /**
   * Watches for the bytes of a final upload.
   *
   * @param seen called with its id, once, when some of them are there
   * @returns ends that
   */
  watchFinal(final: ExpectedFinal, seen: (id: string) => void): () => void;

  /** Bytes that are held of each upload that expires, by its id. */
  expiring(): Promise<ReadonlyMap<string, number>>;

  /**
   * Makes what killed processes have left so old that a start clears it away; absent where that cannot be.
   */
  age?(): Promise<void>;

  /** Names of all that is held. */
  names(): Promise<readonly string[]>;

  /** Ends it, with all that it holds. */
  remove(): Promise<void>;
}
