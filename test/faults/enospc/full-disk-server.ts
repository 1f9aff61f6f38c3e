import type { CreatedUpload, HttpTarget } from '../../support/index.js';

/** What names an upload. */
export type Named = Pick<CreatedUpload, 'id'>;

/** A server whose disk a test fills and empties. */
export interface FullDiskServer {
  readonly target: HttpTarget;

  /** Leaves room for some of the next upload's bytes, and for nothing after them. */
  fill(): Promise<void>;

  /** Takes back what `fill` did, if it did. */
  makeRoom(): Promise<void>;

  /** The bytes that the disk holds of an upload. */
  stored(upload: Named): Promise<Buffer>;

  /** Names of the files of all uploads, sorted. */
  files(): Promise<string[]>;

  /** Resolves once the handler was told of an upload. */
  delivered(upload: Named): Promise<void>;

  /** Fails when something went wrong that no client saw. */
  expectWell(): void;

  stop(): Promise<void>;
}
