import { Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { OnUploadFinished, TusService, type FinishedUpload } from 'nestjs-tus';
import { machine } from './settings.js';

@Injectable()
export class UploadsHandler {
  private readonly logger = new Logger('Uploads');

  constructor(private readonly tus: TusService) {}

  /** Runs on one machine; when that one goes meanwhile, on another one, as a further attempt. */
  @OnUploadFinished()
  async examine({ id, size, attempt }: FinishedUpload): Promise<void> {
    const hash = createHash('sha256');
    await pipeline(await this.tus.createReadStream(id), hash);
    const sha256 = hash.digest('hex');
    this.logger.log(`${machine}: ${id} (${size} bytes, attempt ${attempt}) has sha256 ${sha256}`);
  }
}
