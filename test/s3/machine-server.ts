// One of several machines whose uploads lie in a bucket, in a process of its own. Its settings are its one
// argument.
import { Injectable } from '@nestjs/common';
import { OnUploadFinished, OnUploadProgress, TusModule } from '../../lib/index.js';
import type { FinishedUpload, Upload } from '../../lib/index.js';
import { postgres } from '../../lib/backends/postgres/index.js';
import type { PostgresOptions } from '../../lib/backends/postgres/index.js';
import { s3 } from '../../lib/storage/s3/index.js';
import type { PlatformName } from '../support/platforms.js';
import { storeConfig } from '../support/s3/store.js';
import { serve } from '../support/serve.js';

export interface MachineSettings {
  readonly platform: PlatformName;
  readonly tmpFileDir: string;
  readonly postgres: PostgresOptions;
  readonly bucket: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as MachineSettings;

/** Prints what a test waits for. */
@Injectable()
class Printer {
  @OnUploadProgress()
  progress({ id, offset }: Upload): void {
    console.log(`progress ${id} ${offset}`);
  }

  @OnUploadFinished()
  finished({ id, size }: FinishedUpload): void {
    console.log(`finished ${id} ${size}`);
  }
}

await serve(
  settings.platform,
  {
    module: class MachineModule {},
    imports: [
      TusModule.forRoot({
        tmpFileDir: settings.tmpFileDir,
        registry: postgres(settings.postgres),
        // So that a few megabytes are several parts.
        storage: s3({ client: storeConfig(), bucket: settings.bucket, partSize: '5MB' }),
      }),
    ],
    providers: [Printer],
  },
  { logger: ['error', 'warn'] },
);
