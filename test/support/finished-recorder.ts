import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { OnUploadFinished } from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';

/** A provider whose handler remembers every finished upload it is told of. */
@Injectable()
export class FinishedRecorder {
  /** What the handler was called with, oldest first. */
  readonly uploads: FinishedUpload[] = [];

  private readonly calls = new EventEmitter();
  private taken = 0;

  @OnUploadFinished()
  record(upload: FinishedUpload): void {
    this.uploads.push(upload);
    this.calls.emit('call');
  }

  /** How often the handler was called. */
  get count(): number {
    return this.uploads.length;
  }

  /** How often the handler was called for one upload. */
  countOf(id: string): number {
    return this.uploads.filter((upload) => upload.id === id).length;
  }

  /** Waits for the next call; each call is given out once. */
  async next(): Promise<FinishedUpload> {
    const index = this.taken++;
    await this.until(() => this.uploads.length > index);
    return this.uploads[index]!;
  }

  /** Waits until the handler was called for one upload; the first call counts. */
  async of(id: string): Promise<FinishedUpload> {
    await this.until(() => this.countOf(id) > 0);
    return this.uploads.find((upload) => upload.id === id)!;
  }

  private async until(happened: () => boolean): Promise<void> {
    while (!happened()) {
      await once(this.calls, 'call');
    }
  }
}
