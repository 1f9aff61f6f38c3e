import { Injectable, Logger } from '@nestjs/common';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import { FinishedUploads } from './finished-uploads.js';

@Injectable()
export class UploadsHandler {
  private readonly logger = new Logger('Uploads');

  constructor(private readonly uploads: FinishedUploads) {}

  /** Runs once a file is complete: here an app would import, convert or move it. */
  @OnUploadFinished()
  record(upload: FinishedUpload): void {
    const name = upload.filename ?? upload.id;
    this.uploads.add({
      id: upload.id,
      name,
      size: upload.size,
      path: upload.path,
      finishedAt: upload.finishedAt,
    });
    this.logger.log(`${name} is complete (${upload.size} bytes): ${upload.path}`);
  }
}
