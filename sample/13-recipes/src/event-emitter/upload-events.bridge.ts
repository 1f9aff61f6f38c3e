import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import {
  OnUploadCreated,
  OnUploadExpired,
  OnUploadFailed,
  OnUploadFinished,
  OnUploadTerminated,
  type Delivery,
  type FinishedUpload,
  type Upload,
} from 'nestjs-tus';

/** Emits what happens to uploads, each in the process where it happens. */
@Injectable()
export class UploadEventsBridge {
  constructor(private readonly events: EventEmitter2) {}

  /** Waits for all listeners. When one throws, it is called again, and so are the others. */
  @OnUploadFinished()
  async finished(upload: FinishedUpload): Promise<void> {
    await this.events.emitAsync('upload.finished', upload);
  }

  @OnUploadCreated()
  created(upload: Upload): void {
    this.events.emit('upload.created', upload);
  }

  @OnUploadTerminated()
  terminated(upload: Upload): void {
    this.events.emit('upload.terminated', upload);
  }

  @OnUploadExpired()
  expired(upload: Upload): void {
    this.events.emit('upload.expired', upload);
  }

  @OnUploadFailed()
  failed(upload: Upload, delivery: Delivery): void {
    this.events.emit('upload.failed', { upload, delivery });
  }
}
