import type { Durability, OwnerLimits } from '../../interfaces/index.js';
import type { ChecksumAlgorithm } from '../../protocol/index.js';

/** How whole files are hashed. */
export interface FileHashRule {
  readonly algorithm: ChecksumAlgorithm;
  /** Key of the metadata that a client may put the digest into; absent: none. */
  readonly compareWith?: string;
}

/** What one owner may have at a time. */
export type Quota = OwnerLimits;

/** What an instance holds its uploads to. Times are milliseconds, sizes bytes. */
export interface UploadRules {
  /** The largest upload; absent: no limit. */
  readonly maxSize?: number;
  /** The media types that are taken; absent: all. */
  readonly allowedTypes?: readonly string[];
  /** How long an unfinished upload may lie idle; absent: it never expires. */
  readonly validFor?: number;
  /** How long a request may go without sending a byte. */
  readonly idleTimeout: number;
  /** Bytes a second that a request must send; absent: none. */
  readonly minRate?: number;
  /** Appends with a body that may run at the same time in this process; absent: any number. */
  readonly maxAppends?: number;
  readonly durability: Durability;
  /** How whole files are hashed; absent: they are not. */
  readonly hash?: FileHashRule;
  /** Whether there must be room for an upload when it is created. */
  readonly reserveDisk: boolean;
  /** Whether partial uploads go once a final one was made of them. */
  readonly removePartials: boolean;
  /** What becomes of a file that was delivered to all its handlers. */
  readonly afterDelivery: 'keep' | 'remove';
  /** How long an upload is remembered after its file has gone. */
  readonly rememberFor: number;
  /** After how long the files of finished uploads are removed; absent: never. */
  readonly finishedAfter?: number;
}
