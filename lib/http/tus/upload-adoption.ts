import { Inject, Injectable } from '@nestjs/common';
import type { AdoptedFile } from '../../interfaces/index.js';
import { checkOwner, checkUploadId, type TusOptions } from '../../options/index.js';
import { encodeMetadata } from '../../protocol/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { Uploads, type UploadSnapshot } from '../../uploads/index.js';
import { assertLength } from './upload-creation.js';

/** Takes uploads over from another server. */
@Injectable()
export class UploadAdoption {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly uploads: Uploads,
  ) {}

  async adopt(file: AdoptedFile): Promise<UploadSnapshot> {
    const { id, path, length, metadata = {}, owner, createdAt = new Date() } = file;
    // There is none without an id: clients ask for it by that.
    checkUploadId('id', id ?? null);
    assertLength(length);
    return this.uploads.adopt({
      id,
      place: path,
      length,
      maxSize: this.options.maxSize,
      metadata: encodeMetadata(metadata),
      owner: checkOwner(owner),
      createdAt: createdAt.getTime(),
    });
  }
}
