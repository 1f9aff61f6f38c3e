import type { HttpResponse } from '../../support/http-client.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import type { Content, Standing } from '../settle.js';
import type { World } from '../world.js';

/** How a protocol says what a step means, and what it says to it. */
export interface Dialect {
  /** Statuses of a PATCH whose bytes count. */
  readonly taken: readonly string[];
  /** Other statuses that a right PATCH may be answered with when it has company. */
  readonly outdone: readonly string[];

  /** Whether all is there, as far as it is known. */
  isComplete(upload: KnownUpload): boolean;

  /** Whether an upload is complete once it holds a content, where its length is this one. */
  completes(content: Content, length: number | undefined): boolean;

  /** A length that a PATCH tells by more than its field for it. */
  lengthOf(patch: Patch): number | undefined;

  /** What is said of a PATCH, and what becomes of the upload by it. */
  receive(upload: KnownUpload, patch: Patch): number;

  /** The status of a creation whose first bytes a PATCH would have had answered so. */
  statusOfCreation(received: number): number;

  /** Asks for an upload, with its first bytes or without. */
  create(world: World, upload: KnownUpload, first?: Patch): Promise<HttpResponse>;

  /** The headers of a PATCH beside those of its body. */
  headersOf(patch: Patch): Record<string, string>;

  /** Where an upload stands. */
  look(world: World, upload: KnownUpload): Promise<Standing>;

  /** Ends an upload as its client. */
  end(world: World, upload: KnownUpload): Promise<HttpResponse>;
}
