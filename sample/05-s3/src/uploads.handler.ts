import { Injectable, Logger } from '@nestjs/common';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnUploadFinished, TusService, type FinishedUpload } from 'nestjs-tus';

@Injectable()
export class UploadsHandler {
  private readonly logger = new Logger('Uploads');

  constructor(private readonly tus: TusService) {}

  /** Runs once a file is complete, with a copy of it here: for a tool that needs a path. */
  @OnUploadFinished()
  async examine(upload: FinishedUpload): Promise<void> {
    const copy = await this.tus.copyTo(upload.id, join(tmpdir(), `examined-${upload.id}`));
    try {
      const { size } = await stat(copy);
      this.logger.log(
        `${upload.filename ?? upload.id} is complete (${size} bytes): ${upload.path}`,
      );
    } finally {
      await rm(copy, { force: true });
    }
  }
}
