import { Inject, Injectable } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import { lastValueFrom, timeout } from 'rxjs';
import type { ReceivedFile } from './received-file.js';

@Injectable()
export class FileSender {
  constructor(@Inject('FILES') private readonly files: ClientProxy) {}

  /** Waits for the answer, so that a service that is down, or fails, is told again later. */
  @OnUploadFinished({ timeout: '30s' })
  async send({ id, path, size }: FinishedUpload): Promise<void> {
    const file: ReceivedFile = { id, path, size };
    await lastValueFrom(this.files.send('file.received', file).pipe(timeout(10_000)));
  }
}
