import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { OnUploadFinished, type DeliveryContext, type FinishedUpload } from 'nestjs-tus';

/** Milliseconds that an import takes here. */
const WORK = 1500;

/** Takes finished files in; it fails on broken ones until it is mended. */
@Injectable()
export class Importer {
  private readonly logger = new Logger(Importer.name);
  private isMended = false;

  mend(): void {
    this.isMended = true;
  }

  @OnUploadFinished({ id: 'import', attempts: 2 })
  async import(upload: FinishedUpload, { signal }: DeliveryContext): Promise<void> {
    await pause(WORK, undefined, { signal });
    if (upload.filename?.startsWith('broken') && !this.isMended) {
      throw new Error('The file ends in the middle of a frame.');
    }
    this.logger.log(`Imported ${upload.filename}`);
  }
}
