import { Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import { VideoMetadata } from './video-metadata.js';

@Injectable()
export class VideoImporter {
  readonly videos: { id: string; project: string; seconds: number }[] = [];

  @OnUploadFinished()
  import({ id, metadata }: FinishedUpload): void {
    // It was checked before the upload was created.
    const { project, seconds = '0' } = plainToInstance(VideoMetadata, metadata);
    this.videos.push({ id, project, seconds: Number(seconds) });
  }
}
