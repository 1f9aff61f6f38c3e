import { Injectable } from '@nestjs/common';
import { OnUploadFinished } from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import type { PlatformName, StartAppOptions, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';

/** A handler that does what a test tells it to. */
@Injectable()
export class Worker {
  readonly calls = new Calls<FinishedUpload>();

  /** What is done with an upload; nothing unless set. */
  work: (upload: FinishedUpload) => unknown = () => undefined;

  @OnUploadFinished({ id: 'worker' })
  async handle(upload: FinishedUpload): Promise<void> {
    this.calls.add(upload);
    await this.work(upload);
  }

  /** Attempts that were made with one upload, in order. */
  attemptsAt(id: string): number[] {
    return this.calls.all.filter((call) => call.id === id).map(({ attempt }) => attempt);
  }

  /** Waits for an attempt with one upload. */
  attempt(id: string, attempt: number): Promise<FinishedUpload> {
    return this.calls.first((call) => call.id === id && call.attempt === attempt);
  }
}

/** The worker of an app. */
export const workerOf = (app: TestApp): Worker => app.nest.get(Worker);

/** Options of an app whose worker's deliveries are retried soon. */
export function withWorker(
  platform: PlatformName,
  tus: StartAppOptions['tus'] = {},
): StartAppOptions {
  return {
    platform,
    tus: { delivery: { attempts: 3, backoff: { first: '10ms' } }, ...tus },
    providers: [Worker],
  };
}
