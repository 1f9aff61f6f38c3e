import { Injectable, Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';

@Injectable()
export class UploadsHandler {
  private readonly logger = new Logger(`Worker ${cluster.worker?.id ?? 0}`);

  /** Runs in one worker; when that one is killed meanwhile, in another one, as a further attempt. */
  @OnUploadFinished()
  async record({ id, size, attempt }: FinishedUpload): Promise<void> {
    this.logger.log(`${id} is complete (${size} bytes), attempt ${attempt}: working for 5 s`);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    this.logger.log(`${id} is done`);
  }
}
