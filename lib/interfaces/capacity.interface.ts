import type { Usage } from '../registry/index.js';

/**
 * What one owner may have at a time; absent: any amount.
 *
 * @publicApi
 */
export interface OwnerLimits {
  /** Bytes of unfinished uploads, by their length, and of files that are kept. */
  readonly bytes?: number;

  /** Unfinished uploads, and those whose files are kept. */
  readonly uploads?: number;

  /** Unfinished uploads. */
  readonly concurrent?: number;
}

/**
 * What uploads take, and what they may take.
 *
 * @publicApi
 */
export interface UploadCapacity {
  /** What the uploads of the owner take, or those of all. */
  readonly usage: Usage;

  /**
   * What each owner may have (`quota`); `'by-request'` where a function tells it for each creation;
   * absent: any amount.
   */
  readonly quota?: OwnerLimits | 'by-request';

  /** Bytes there is room for on the disk; absent where the storage cannot tell. */
  readonly room?: number;
}
