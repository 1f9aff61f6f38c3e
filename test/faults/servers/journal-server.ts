// An app in a process of its own, to be killed or measured. Its settings are its one argument.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  UnprocessableEntityException,
} from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import {
  BeforeUploadFinish,
  InjectTus,
  OnUploadFinished,
  TusEndpoint,
  TusModule,
  TusService,
  UploadNotFoundError,
  UploadedUpload,
} from '../../../lib/index.js';
import type {
  CleanupReport,
  CompleteUpload,
  Delivery,
  EndpointUpload,
  FinishedUpload,
  RegistryFactory,
  StorageFactory,
} from '../../../lib/index.js';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { postgres } from '../../../lib/backends/postgres/index.js';
import type { LocalCluster } from '../../../lib/cluster/local/index.js';
import { TUS_CLUSTER } from '../../../lib/tus.constants.js';
import { serve } from '../../support/serve.js';
import { writeEntry } from './journal.js';
import type { JournalEntry } from './journal.js';
import { THREW } from './server-settings.js';
import type { BucketSettings, ServerSettings, ServerStats } from './server-settings.js';

const settings = JSON.parse(process.argv[2] ?? '{}') as ServerSettings;
const eventLoop = monitorEventLoopDelay({ resolution: 1 });
eventLoop.enable();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HOUR = 3_600_000;

/** Where an instance keeps bytes; the SDK is loaded only where it is needed. */
async function storageOf(instance: keyof BucketSettings): Promise<StorageFactory | undefined> {
  const options = settings.bucket?.[instance];
  if (!options) return undefined;
  const { s3 } = await import('../../../lib/storage/s3/index.js');
  const { steadyClient } = await import('../../support/s3/store.js');
  return s3({ ...options, client: steadyClient(options.client as S3ClientConfig) });
}

const [uploadsStorage, expiringStorage] = [await storageOf('uploads'), await storageOf('expiring')];

/** A finished upload, and where it lies. */
type StoredUpload = Pick<FinishedUpload, 'id' | 'path'>;

/** Does what an upload's metadata ask for, and keeps a journal of it. */
@Injectable()
class JournalKeeper {
  constructor(private readonly uploads: TusService) {}

  @OnUploadFinished({ id: 'journal' })
  async keep(upload: FinishedUpload): Promise<void> {
    const { takes = '0', failures = '0' } = upload.metadata;
    await this.write('begin', upload);
    await setTimeout(Number(takes));
    if (upload.attempt <= Number(failures)) {
      await this.write('throw', upload);
      console.log(THREW);
      throw new Error('Told to fail.');
    }
    await this.write('end', upload, await sha256Of(upload, this.uploads));
  }

  private write(
    event: JournalEntry['event'],
    { id, attempt, size, path }: FinishedUpload,
    sha256?: string,
  ): Promise<void> {
    return writeEntry(settings.journal, { event, id, attempt, size, path, sha256 });
  }
}

async function sha256Of({ id, path }: StoredUpload, uploads: TusService): Promise<string> {
  const hash = createHash('sha256');
  const isFile = settings.bucket === undefined;
  const content: Readable = isFile ? createReadStream(path) : await uploads.createReadStream(id);
  await pipeline(content, hash);
  return hash.digest('hex');
}

/** Decides on uploads to the endpoint, and answers their clients, as their metadata ask for. */
@Controller('calls')
class CallsController {
  constructor(private readonly uploads: TusService) {}

  @BeforeUploadFinish({ when: ({ endpoint }) => endpoint !== undefined })
  async decide({ metadata: { takes, verdict } }: CompleteUpload): Promise<void> {
    await setTimeout(Number(takes));
    if (verdict === 'refuse') throw new UnprocessableEntityException();
  }

  /** Another answer in each process, so that one that was made again shows. */
  @TusEndpoint()
  async answer(@UploadedUpload() upload: EndpointUpload): Promise<object> {
    const { id, size, path, metadata } = upload;
    const entry = { id, size, path, attempt: 1 };
    await writeEntry(settings.journal, { ...entry, event: 'begin' });
    await setTimeout(Number(metadata['takes']));
    const sha256 = await sha256Of(upload, this.uploads);
    await writeEntry(settings.journal, { ...entry, event: 'end', sha256 });
    return { sha256, by: process.pid };
  }
}

/** What a test asks of the server beside uploading. */
@Controller('control')
class ControlController {
  constructor(
    private readonly uploads: TusService,
    @InjectTus('expiring') private readonly expiring: TusService,
  ) {}

  @Post('cleanup')
  cleanup(): Promise<CleanupReport> {
    return this.expiring.cleanup();
  }

  /** Removes all uploads that it knows of, and what the next hour would bring of them. */
  @Post('clear')
  async clear(): Promise<void> {
    const instances = [this.uploads, this.expiring];
    for (const instance of instances) await removeAll(instance);
    const { now } = Date;
    Date.now = () => now() + HOUR;
    for (const instance of instances) await instance.cleanup();
  }

  @Get('alive')
  alive(): string {
    return 'yes';
  }

  @Get('deliveries')
  async deliveries(): Promise<Delivery[]> {
    return (await this.uploads.deliveries()).items;
  }

  @Get('stats')
  stats(): ServerStats {
    const longestDelay = eventLoop.max / 1e6;
    eventLoop.reset();
    collectGarbage();
    const resources: Record<string, number> = {};
    for (const type of process.getActiveResourcesInfo()) {
      resources[type] = (resources[type] ?? 0) + 1;
    }
    return { heap: process.memoryUsage().heapUsed, longestDelay, resources };
  }
}

/** Each instance has a schema of its own. */
function registryOf(instance: string): RegistryFactory | undefined {
  const { postgres: options } = settings;
  return options && postgres({ ...options, schema: `${options.schema}_${instance}` });
}

/** Of many that have ended, the oldest ones are forgotten. */
function unlessForgotten(error: unknown): void {
  if (!(error instanceof UploadNotFoundError)) throw error;
}

async function removeAll(uploads: TusService): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await uploads.list({ cursor });
    for (const { id } of page.items) await uploads.terminate(id).catch(unlessForgotten);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

@Module({
  imports: [
    TusModule.forRoot({
      tmpFileDir: settings.tmpFileDir,
      storage: uploadsStorage,
      uploadId: ({ metadata }) => metadata['id'],
      ...settings.tus,
      registry: registryOf('uploads'),
    }),
    TusModule.forRoot({
      name: 'expiring',
      uploadPath: '/expiring',
      tmpFileDir: settings.expiringFolder,
      storage: expiringStorage,
      uploadValidDuration: '100ms',
      cleanup: { every: false },
      registry: registryOf('expiring'),
    }),
  ],
  controllers: [ControlController, CallsController],
  providers: [JournalKeeper],
})
class ServerModule {}

function takePatience(app: INestApplication): void {
  const { patience } = settings;
  if (!patience) return;
  const clusters = app.get<LocalCluster>(TUS_CLUSTER, { strict: false, each: true });
  for (const { processes } of clusters) {
    Object.assign(processes, { patience });
  }
}

// So that a profile is written.
process.once('SIGTERM', () => process.exit());
await serve(settings.platform, ServerModule, { logger: settings.logs, configure: takePatience });
