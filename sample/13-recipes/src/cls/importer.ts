import { Injectable } from '@nestjs/common';
import { ClsService } from 'nestjs-cls';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import { Files } from './files.js';
import type { TenantStore } from './tenant-store.js';

@Injectable()
export class Importer {
  constructor(
    private readonly cls: ClsService<TenantStore>,
    private readonly files: Files,
  ) {}

  /** No request's store is there: the upload may have been finished before the last restart. */
  @OnUploadFinished()
  import({ id, owner = '', filename = id }: FinishedUpload): Promise<void> {
    return this.cls.run(async () => {
      this.cls.set('tenant', owner);
      this.files.add(filename);
    });
  }
}
