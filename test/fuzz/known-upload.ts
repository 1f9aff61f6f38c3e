import { Buffer } from 'node:buffer';

/** A PATCH, as far as it matters what becomes of it. */
export interface Patch {
  readonly offset: number;
  readonly body: Buffer;
  /** Whether the body is sent without telling its length before. */
  readonly chunked: boolean;
  /** `Upload-Length`, if it is sent. */
  readonly length?: number;
  readonly checksum: 'none' | 'right' | 'wrong';
}

/** An upload as its client knows it: the model that the server is held against. */
export class KnownUpload {
  /** The bytes that are certainly kept. */
  held: Buffer = Buffer.alloc(0);
  /** Terminated, by its client or by the application. */
  gone = false;
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
    /** Bytes of the whole; absent while that is deferred. */
    public length?: number,
  ) {}

  get complete(): boolean {
    return this.held.length === this.length;
  }

  /** What the protocol says of a PATCH, and what becomes of the upload by it. */
  receive({ offset, body, chunked, length, checksum }: Patch): number {
    const end = offset + body.length;
    if (this.gone) return 410;
    if (offset !== this.held.length) return 409;
    if (length !== undefined && length !== (this.length ?? length)) return 400;
    if (this.length === undefined && (length ?? end) < (chunked ? offset : end)) return 400;
    this.length ??= length;
    if (end > (this.length ?? end)) return 413;
    if (checksum === 'wrong') return 460;
    this.hold(Buffer.concat([this.held, body]));
    return 204;
  }

  hold(bytes: Buffer): void {
    this.held = bytes;
    this.mayBeDelivered ||= this.complete;
  }
}
