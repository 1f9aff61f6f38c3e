import { Buffer } from 'node:buffer';
import type { Dialect } from './dialects/index.js';

/** A PATCH, as far as it matters what becomes of it. */
export interface Patch {
  readonly offset: number;
  readonly body: Buffer;
  /** Whether the body is sent without telling its length before. */
  readonly chunked: boolean;
  /** `Upload-Length`, if it is sent. */
  readonly length?: number;
  /** Whether its client says that it is the last one, where the protocol has a word for that. */
  readonly last: boolean;
  readonly checksum: 'none' | 'right' | 'wrong';
}

/** An upload as its client knows it: the model that the server is held against. */
export class KnownUpload {
  /** The bytes that are certainly kept. */
  held: Buffer = Buffer.alloc(0);
  /** Terminated, by its client or by the application. */
  gone = false;
  /** Whether its client has said that it is complete, where the protocol has a word for that. */
  saidComplete = false;
  /** Where the application moved the file. */
  moved?: string;
  /** Whether the application deleted the file. */
  removed = false;
  /** Whether the handler may have been told of it. */
  mayBeDelivered = false;
  /** Kills of the server since it was created. */
  crashes = 0;

  id = '';
  path = '';

  constructor(
    /** The protocol that it is sent by. */
    readonly dialect: Dialect,
    /** Bytes of the whole; absent while that is deferred. */
    public length?: number,
  ) {}

  get complete(): boolean {
    return this.dialect.isComplete(this);
  }

  /** What the protocol says of a PATCH, and what becomes of the upload by it. */
  receive(patch: Patch): number {
    return this.dialect.receive(this, patch);
  }

  hold(bytes: Buffer): void {
    this.held = bytes;
    this.mayBeDelivered ||= this.complete;
  }
}
