import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import type { UploadJob } from './upload-job.js';

/** Hands finished uploads over to BullMQ. */
@Injectable()
export class UploadQueue {
  constructor(@InjectQueue('uploads') private readonly queue: Queue<UploadJob>) {}

  /** Called again until Redis has the job; a job whose id is there already is not added once more. */
  @OnUploadFinished({ timeout: '10s' })
  async add({ id, path, filename }: FinishedUpload): Promise<void> {
    await this.queue.add('process', { id, path, filename }, { jobId: `upload-${id}` });
  }
}
