import type { UploadRecord } from '../../registry/index.js';
import type { UploadObserver } from '../model/upload-observer.interface.js';
import type { BodyEnd } from './body-pump.js';

/** Takes the time of one request that brings bytes. */
export class AppendClock {
  private readonly begunAt = performance.now();
  private bodyEndedAt?: number;
  private end: BodyEnd | 'failed' = 'failed';
  private lastWait?: number;

  /** @param start bytes that the upload has before it */
  constructor(
    private readonly record: UploadRecord,
    start: number,
    private readonly observer: UploadObserver,
  ) {
    observer.appendBegun(record, start);
  }

  bodyEnded(end: BodyEnd): void {
    this.end = end;
    this.bodyEndedAt = performance.now();
  }

  /** The upload is finished, and its client can be told. */
  uploadFinished(): void {
    if (this.bodyEndedAt !== undefined) this.lastWait = performance.now() - this.bodyEndedAt;
  }

  /** @param bytes how many were kept */
  stop(bytes: number): void {
    const { end, lastWait } = this;
    const duration = performance.now() - this.begunAt;
    this.observer.appendEnded(this.record, { bytes, duration, lastWait, end });
  }
}
