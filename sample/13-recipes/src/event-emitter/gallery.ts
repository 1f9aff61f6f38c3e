import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { FinishedUpload, Upload } from 'nestjs-tus';

/** Knows nothing of uploads but their events. */
@Injectable()
export class Gallery {
  readonly pictures = new Set<string>();
  readonly log: string[] = [];

  /** Without `suppressErrors: false` the emitter swallows what is thrown here. */
  @OnEvent('upload.finished', { suppressErrors: false })
  add({ id, filename, metadata }: FinishedUpload): void {
    if (metadata.filetype?.startsWith('image/') === false) throw new Error('This is no picture.');
    this.pictures.add(filename ?? id);
  }

  @OnEvent('upload.*')
  note({ id }: Upload): void {
    this.log.push(id);
  }
}
