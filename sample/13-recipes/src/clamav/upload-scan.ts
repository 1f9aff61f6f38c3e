import { Injectable, Logger, UnprocessableEntityException } from '@nestjs/common';
import { BeforeUploadFinish, type CompleteUpload } from 'nestjs-tus';
import { VirusScanner } from './virus-scanner.js';

@Injectable()
export class UploadScan {
  private readonly logger = new Logger(UploadScan.name);

  constructor(private readonly scanner: VirusScanner) {}

  @BeforeUploadFinish({ quarantine: true })
  async check({ id, owner, path }: CompleteUpload): Promise<void> {
    const found = await this.scanner.scan(path);
    if (found === undefined) return;
    this.logger.warn(`Upload ${id} of ${owner ?? 'a stranger'} has ${found}`);
    throw new UnprocessableEntityException('The file is infected.');
  }
}
