import { join, resolve } from 'node:path';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { TusService } from 'nestjs-tus';
import type { UploadJob } from './upload-job.js';

@Processor('uploads')
export class UploadProcessor extends WorkerHost {
  private readonly folder = resolve('./processed');

  constructor(private readonly tus: TusService) {
    super();
  }

  /** May be repeated, as jobs are. */
  process({ data: { id } }: Job<UploadJob>): Promise<string> {
    return this.tus.moveTo(id, join(this.folder, id));
  }
}
