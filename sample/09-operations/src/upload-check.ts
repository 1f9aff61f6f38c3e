import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { BeforeUploadFinish, type CompleteUpload } from 'nestjs-tus';

/** Stands for a virus scanner. */
@Injectable()
export class UploadCheck {
  @BeforeUploadFinish({ quarantine: true })
  check({ filename }: CompleteUpload): void {
    if (!filename?.startsWith('suspicious')) return;
    throw new UnprocessableEntityException('The file is suspicious, and will be looked at.');
  }
}
