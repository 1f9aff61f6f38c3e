import { Injectable, Module } from '@nestjs/common';
import type { Delivery, FinishedUpload, Upload } from '../../lib/index.js';
import { Calls } from './calls.js';

/** One thing that handlers were told of an upload. */
export interface Told {
  /** What a test calls it. */
  readonly on: string;
  readonly upload: Upload | FinishedUpload;
  readonly delivery?: Delivery;
  /** The object whose method was called. */
  readonly target?: object;
}

/** What the handlers of an app were told, in the order in which they were. */
@Injectable()
export class Story extends Calls<Told> {
  tell(
    on: string,
    upload: Upload | FinishedUpload,
    more: Pick<Told, 'delivery' | 'target'> = {},
  ): void {
    this.add({ on, upload, ...more });
  }

  /** Waits until something was told of an upload. */
  of(id: string, on: string): Promise<Told> {
    return this.first((told) => told.on === on && told.upload.id === id);
  }

  /** All that was told of an upload, in order, by name. */
  namesOf(id: string): string[] {
    return this.all.filter(({ upload }) => upload.id === id).map(({ on }) => on);
  }

  /** The same without progress, of which there is some or none, as time goes by. */
  stepsOf(id: string): string[] {
    return this.namesOf(id).filter((name) => name !== 'progress');
  }
}

/** Gives the providers and controllers of an app one story. */
@Module({ providers: [Story], exports: [Story] })
export class StoryModule {}
