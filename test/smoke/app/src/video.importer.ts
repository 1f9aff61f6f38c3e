import { Injectable } from '@nestjs/common';
import { OnUploadFinished, TusService, type FinishedUpload } from 'nestjs-tus';
import { AppService } from './app.service';

@Injectable()
export class VideoImporter {
  constructor(
    private readonly tus: TusService,
    private readonly appService: AppService,
  ) {}

  @OnUploadFinished()
  async import(upload: FinishedUpload) {
    await this.tus.cleanupFile(upload.id);
    this.appService.imported.push(upload.filename ?? upload.id);
  }
}
