// An app in a process of its own whose memory is watched. Its settings are its one argument; started
// with --expose-gc.
import {
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Module,
  UnprocessableEntityException,
} from '@nestjs/common';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadFinished,
  OnUploadProgress,
  TusEndpoint,
  TusModule,
  TusService,
  UploadedUpload,
} from '../../lib/index.js';
import type { CompleteUpload, EndpointUpload, FinishedUpload } from '../../lib/index.js';
import { serve } from '../support/serve.js';
import { readMemory, type Memory } from './memory.js';
import type { SoakSettings } from './soak-settings.js';

const { platform, tmpFileDir } = JSON.parse(process.argv[2] ?? '{}') as SoakSettings;

/** Does what an upload's metadata ask for. */
@Injectable()
class Worker {
  constructor(private readonly tus: TusService) {}

  @OnUploadFinished({ id: 'work' })
  async work({ id, metadata, attempt }: FinishedUpload): Promise<void> {
    if (metadata['fails'] !== undefined && attempt === 1) throw new Error('Told to fail.');
    if (metadata['keep'] === undefined) await this.tus.cleanupFile(id);
  }

  @OnUploadProgress()
  watch(): void {}

  @BeforeUploadCreate({ when: ({ metadata }) => 'forbidden' in metadata })
  forbid(): void {
    throw new ForbiddenException();
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'refused' in metadata })
  refuse(_upload: CompleteUpload): void {
    throw new UnprocessableEntityException();
  }
}

@Controller()
class ServerController {
  @TusEndpoint('calls')
  answer(@UploadedUpload() { size }: EndpointUpload): object {
    return { size };
  }

  @Get('memory')
  async memory(): Promise<Memory> {
    return readMemory();
  }
}

@Module({
  imports: [
    TusModule.forRoot({
      tmpFileDir,
      download: true,
      hash: 'sha256',
      uploadValidDuration: '10s',
      delivery: { backoff: { first: '100ms', max: '1s' } },
      // What there is at a time stays the same, so that memory has no reason to grow.
      cleanup: { every: '1s', finishedAfter: '5s', rememberFor: '5s' },
      concatenation: { removePartials: true },
    }),
  ],
  controllers: [ServerController],
  providers: [Worker],
})
class ServerModule {}

process.once('SIGTERM', () => process.exit());
await serve(platform, ServerModule, { logger: ['fatal'] });
