import type { Readable } from 'node:stream';
import type { Lease, RevokeReason } from './lease.js';
import { RateWatch } from './rate-watch.js';

/**
 * How the reading of a body ended: at its end, lost with its connection, idle for too long, too
 * slow, past the bytes there is room for, or because the upload was taken away.
 */
export type BodyEnd = 'ended' | 'lost' | 'idle' | 'slow' | 'overflow' | RevokeReason;

/** Where a body goes, and what bounds it. */
export interface PumpTarget {
  /** Takes chunks in order; called again only once the last call has resolved. */
  readonly write: (chunks: readonly Uint8Array[]) => Promise<void>;
  /** Most bytes to take. */
  readonly limit: number;
  /** Milliseconds without a byte after which reading ends. */
  readonly idleTimeout: number;
  /** Bytes a second below which reading ends; absent: none. */
  readonly minRate?: number;
  /** Ends the reading when it is revoked. */
  readonly lease: Lease;
}

/**
 * Bytes that bodies together hold in memory before their sockets are made to wait, and the most and
 * the least that one of them may. More costs memory where there are many: 200 of them grew by
 * 390 MB with two megabytes each, by 105 MB so.
 */
const SHARED_MARK = 8 * 1024 * 1024;
const HIGHEST_MARK = 2 * 1024 * 1024;
const LOWEST_MARK = 64 * 1024;

/** How many bodies are being read in this process. */
let running = 0;

function highWaterMark(): number {
  return Math.max(LOWEST_MARK, Math.min(HIGHEST_MARK, SHARED_MARK / running));
}

/**
 * Moves a request's body into a storage.
 *
 * While one batch is being written the next one gathers, so a fast client costs few, large writes
 * and a slow one waits for nobody; beyond the high-water mark the socket is paused. When reading
 * ends for whatever reason, all that was read is written before the promise resolves.
 *
 * @returns how it ended; rejects with the error of a write that failed.
 */
export function pump(body: Readable, target: PumpTarget): Promise<BodyEnd> {
  return new Promise((resolve, reject) => new BodyPump(body, target, resolve, reject).start());
}

class BodyPump {
  private batch: Uint8Array[] = [];
  private batchBytes = 0;
  /** Bytes gathered, and being written. */
  private held = 0;
  private received = 0;
  private writing = false;
  private flushing = false;
  private end?: BodyEnd;
  private readonly idle: NodeJS.Timeout;
  private readonly rate?: RateWatch;

  private readonly onData = (chunk: Uint8Array) => this.take(chunk);
  private readonly onEnd = () => this.stop('ended');
  private readonly onLost = () => this.stop('lost');

  constructor(
    private readonly body: Readable,
    private readonly target: PumpTarget,
    private readonly resolve: (end: BodyEnd) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const { idleTimeout, minRate } = target;
    this.idle = setTimeout(() => this.onIdle(), idleTimeout);
    if (minRate) this.rate = new RateWatch(minRate, idleTimeout, () => this.onSlow());
  }

  start(): void {
    const { body } = this;
    running += 1;
    body.on('end', this.onEnd);
    body.on('error', this.onLost);
    body.on('close', this.onLost);
    body.on('data', this.onData);
    // One that somebody has paused before would not begin to flow for a listener.
    body.resume();
    if (body.destroyed) this.stop('lost');
    // After one turn, so that what has arrived already is taken: clients that ask twice for
    // everything would otherwise never get ahead.
    setImmediate(() => this.target.lease.onRevoke((reason) => this.stop(reason)));
  }

  private take(chunk: Uint8Array): void {
    this.idle.refresh();
    this.rate?.count(chunk.length);
    this.received += chunk.length;
    if (this.received > this.target.limit) return this.stop('overflow');

    this.batch.push(chunk);
    this.batchBytes += chunk.length;
    this.held += chunk.length;
    if (this.held >= highWaterMark()) this.body.pause();
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
      () => this.onWritten(bytes),
      (error: unknown) => this.fail(error),
    );
  }

  private onWritten(bytes: number): void {
    this.writing = false;
    this.held -= bytes;
    if (this.end === undefined && this.body.isPaused()) this.resume();
    if (this.end !== undefined || this.batch.length > 0) this.flush();
  }

  private resume(): void {
    this.rate?.excuse();
    this.body.resume();
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
    if (this.writing || this.received > before) this.idle.refresh();
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
    this.reject(error);
  }

  private settle(): void {
    if (this.end !== undefined) this.resolve(this.end);
  }

  private detach(): void {
    running -= 1;
    clearTimeout(this.idle);
    this.rate?.stop();
    this.body.off('data', this.onData);
    this.body.off('end', this.onEnd);
    this.body.off('close', this.onLost);
    // The 'error' listener stays: a connection that breaks later must not become an uncaught error.
    if (!this.body.readableEnded) this.body.pause();
  }
}
