import type { Readable } from 'node:stream';
import { ContextSnapshot } from '../../context/index.js';
import type { Lease, RevokeReason } from '../leases/lease.js';
import type { BodyMemory, WaitingBody } from './body-memory.js';
import { RateWatch } from './rate-watch.js';

/**
 * How the reading of a body ended: at its end, lost with its connection, idle for too long, too
 * slow, past the bytes there is room for, past those that are taken at a time, or because the upload was
 * taken away.
 */
export type BodyEnd = 'ended' | 'lost' | 'idle' | 'slow' | 'overflow' | 'oversize' | RevokeReason;

/** Where a body goes, and what bounds it. */
export interface PumpTarget {
  /** Takes chunks in order; called again only once the last call has resolved. */
  readonly write: (chunks: readonly Uint8Array[]) => Promise<void>;
  /** Is given the chunks that were written, and that nobody looks at any more. */
  readonly release?: (chunks: readonly Uint8Array[]) => void;
  /** Most bytes to take. */
  readonly limit: number;
  /** Milliseconds without a byte after which reading ends. */
  readonly idleTimeout: number;
  /** Bytes a second below which reading ends; absent: none. */
  readonly minRate?: number;
  /** What bounds how much of it is in memory. */
  readonly memory: BodyMemory;
  /** Ends the reading when it is revoked. */
  readonly lease: Lease;
}

/**
 * Moves a request's body into a storage.
 *
 * While one batch is being written the next one gathers, so a fast client costs few, large writes
 * and a slow one holds up no other; when memory is full the socket is paused. When reading
 * ends for whatever reason, all that was read is written before the promise resolves.
 *
 * @returns how it ended; rejects with the error of a write that failed.
 */
export function pump(body: Readable, target: PumpTarget): Promise<BodyEnd> {
  return new Promise((resolve, reject) => new BodyPump(body, target, resolve, reject).start());
}

class BodyPump implements WaitingBody {
  /** Other requests let this one go on, or take its upload away. */
  private readonly context = new ContextSnapshot();
  private batch: Uint8Array[] = [];
  private batchBytes = 0;
  /** Bytes gathered, and being written. */
  private held = 0;
  private received = 0;
  private isBegun = false;
  private writing = false;
  private flushing = false;
  private end?: BodyEnd;
  private readonly idle: NodeJS.Timeout;
  private rate?: RateWatch;

  private readonly onData = (chunk: Uint8Array) => this.take(chunk);
  private readonly onEnd = () => this.stop('ended');
  private readonly onLost = () => this.stop('lost');

  constructor(
    private readonly body: Readable,
    private readonly target: PumpTarget,
    private readonly resolve: (end: BodyEnd) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.idle = setTimeout(() => this.onIdle(), target.idleTimeout);
  }

  start(): void {
    const { body } = this;
    body.on('end', this.onEnd);
    body.on('error', this.onLost);
    body.on('close', this.onLost);
    body.pause();
    body.on('data', this.onData);
    this.target.memory.enqueue(this);
    if (body.destroyed) this.stop('lost');
  }

  resume(): void {
    this.context.run(() => this.read());
  }

  /** Reads, or goes on reading after it was made to wait. */
  private read(): void {
    this.body.resume();
    if (this.isBegun) this.rate?.excuse();
    else this.begin();
  }

  private begin(): void {
    this.isBegun = true;
    const { minRate, idleTimeout } = this.target;
    if (minRate) this.rate = new RateWatch(minRate, idleTimeout, () => this.onSlow());
    // After one turn, so that what has arrived already is taken: clients that ask twice for
    // everything would otherwise never get ahead.
    setImmediate(() => this.target.lease.onRevoke((reason) => this.onRevoked(reason)));
  }

  private take(chunk: Uint8Array): void {
    this.idle.refresh();
    this.rate?.count(chunk.length);
    this.received += chunk.length;
    if (this.received > this.target.limit) return this.stop('overflow');

    this.batch.push(chunk);
    this.batchBytes += chunk.length;
    this.held += chunk.length;
    const { memory } = this.target;
    memory.take(chunk.length);
    if (memory.isFullFor(this.held)) this.body.pause();
    this.flushSoon();
  }

  /** Waits for what else the socket has in this turn of the event loop, so that it goes in one write. */
  private flushSoon(): void {
    if (this.writing || this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.writing) return;
    if (this.batch.length === 0) return this.settle();

    const { batch, batchBytes: bytes } = this;
    this.batch = [];
    this.batchBytes = 0;
    this.writing = true;
    this.target.write(batch).then(
      () => {
        this.target.release?.(batch);
        this.onWritten(bytes);
      },
      (error: unknown) => this.fail(error),
    );
  }

  private onWritten(bytes: number): void {
    this.writing = false;
    this.letGo(bytes);
    if (this.end === undefined && this.body.isPaused()) this.target.memory.enqueue(this);
    if (this.end !== undefined || this.batch.length > 0) this.flush();
  }

  private letGo(bytes: number): void {
    this.held -= bytes;
    this.target.memory.release(bytes);
  }

  private onRevoked(reason: RevokeReason): void {
    this.context.run(() => this.stop(reason));
  }

  /** Nor is it slow while its connection is paused. */
  private onSlow(): void {
    if (!this.body.isPaused()) this.stop('slow');
  }

  /** After one more turn, so that bytes count which came while the process was busy. */
  private onIdle(): void {
    const { received } = this;
    setImmediate(() => this.judgeIdle(received));
  }

  /** A client is not idle while it is the disk that makes it wait. */
  private judgeIdle(before: number): void {
    if (this.end !== undefined) return;
    const isHeldUp = this.writing || this.body.isPaused();
    if (isHeldUp || this.received > before) this.idle.refresh();
    else this.stop('idle');
  }

  private stop(end: BodyEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.detach();
    this.flush();
  }

  private fail(error: unknown): void {
    if (this.end === undefined) {
      this.end = 'lost';
      this.detach();
    }
    this.letGo(this.held);
    this.reject(error);
  }

  private settle(): void {
    if (this.end !== undefined) this.resolve(this.end);
  }

  private detach(): void {
    this.target.memory.leave(this);
    clearTimeout(this.idle);
    this.rate?.stop();
    this.body.off('data', this.onData);
    this.body.off('end', this.onEnd);
    this.body.off('close', this.onLost);
    // The 'error' listener stays: a connection that breaks later must not become an uncaught error.
    if (!this.body.readableEnded) this.body.pause();
  }
}
