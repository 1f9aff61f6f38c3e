import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Inject, Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { ModuleMetadata } from '@nestjs/common';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  InjectTus,
  OnUploadFinished,
  TusEndpoint,
  TusModule,
  TusService,
  UploadedUpload,
} from '../../../lib/index.js';
import type {
  CompleteUpload,
  EndpointUpload,
  FinishAnswer,
  FinishedUpload,
  UploadChanges,
  UploadDraft,
} from '../../../lib/index.js';
import { CallLog } from './call-log.js';
import { Points } from './points.js';

const FOLDER = Symbol('FOLDER');
const MOVED = 'moved';

/** The services of both instances. */
@Injectable()
export class Services {
  constructor(
    readonly main: TusService,
    @InjectTus('removing') readonly removing: TusService,
  ) {}
}

/** Asked before an upload is created or finished: does what the upload's metadata say. */
@Injectable()
class Hooks {
  constructor(
    private readonly log: CallLog,
    private readonly points: Points,
  ) {}

  @BeforeUploadCreate()
  place({ metadata: { path } }: UploadDraft): UploadChanges {
    return path === undefined ? {} : { path };
  }

  @BeforeUploadFinish({ when: ({ metadata }) => metadata['verdict'] !== 'quarantine' })
  @BeforeUploadFinish({ instance: 'removing' })
  async check(upload: CompleteUpload): Promise<FinishAnswer | undefined> {
    const asked = (await this.log.of(upload.id)).includes('asked');
    this.log.write(upload.id, 'asked');
    await this.points.pass('in the hook', upload);
    const { verdict } = upload.metadata;
    if (verdict === 'refuse' || (verdict === 'refuse later' && asked)) throw refusal();
    const speaks = upload.endpoint === undefined || upload.metadata['hook'] === 'speaks';
    return speaks ? { body: 'checked' } : undefined;
  }

  @BeforeUploadFinish({
    when: ({ metadata }) => metadata['verdict'] === 'quarantine',
    quarantine: true,
  })
  async inspect(upload: CompleteUpload): Promise<never> {
    this.log.write(upload.id, 'asked');
    await this.points.pass('in the hook', upload);
    throw refusal();
  }
}

/** Handles an upload as its metadata say. */
@Injectable()
class Handler {
  constructor(
    private readonly log: CallLog,
    private readonly points: Points,
    private readonly tus: TusService,
    @Inject(FOLDER) private readonly folder: string,
  ) {}

  @OnUploadFinished({ id: 'handler' })
  @OnUploadFinished({ id: 'handler', instance: 'removing' })
  async handle(upload: FinishedUpload): Promise<void> {
    const { id, attempt, metadata, path } = upload;
    this.log.write(id, `called ${attempt}`);
    await this.points.pass('in the handler', upload);
    if (attempt <= Number(metadata['failures'] ?? 0)) throw new Error('Told to fail.');
    await stat(path);
    const { moves } = metadata;
    if (moves !== undefined) await this.tus.moveTo(id, join(this.folder, MOVED, moves));
    this.log.write(id, `returned ${attempt}`);
  }
}

/** Answers the clients of uploads to its paths as their metadata say. */
@Controller()
class Videos {
  constructor(
    private readonly log: CallLog,
    private readonly points: Points,
    private readonly tus: TusService,
    @Inject(FOLDER) private readonly folder: string,
  ) {}

  @TusEndpoint('videos')
  async add(@UploadedUpload() upload: EndpointUpload): Promise<object | undefined> {
    const { id, metadata, path } = upload;
    this.log.write(id, 'ran');
    await this.points.pass('in the method', upload);
    if (metadata['method'] === 'refuses') throw refusal();
    await stat(path);
    const { moves } = metadata;
    if (moves !== undefined) await this.tus.moveTo(id, join(this.folder, MOVED, moves));
    return metadata['method'] === 'is silent' ? undefined : { added: upload.size };
  }

  @TusEndpoint('clips', { instance: 'removing' })
  look(@UploadedUpload() { id, size }: EndpointUpload): object {
    this.log.write(id, 'ran');
    return { added: size };
  }
}

function refusal(): UnprocessableEntityException {
  return new UnprocessableEntityException('Told to refuse.');
}

/** Where the app below a folder keeps what its methods did. */
export function callLogIn(folder: string): CallLog {
  return new CallLog(join(folder, 'calls'));
}

/** The parts of an app that keeps everything below one folder. */
export function crashApp(folder: string, points: Points) {
  const cleanup = { every: false } as const;
  const protocols: ('tus' | 'ietf')[] = ['tus', 'ietf'];
  const delivery = { attempts: 3, backoff: { first: '50ms' }, concurrency: 100 } as const;
  return {
    imports: [
      TusModule.forRoot({ tmpFileDir: join(folder, 'uploads'), cleanup, delivery, protocols }),
      TusModule.forRoot({
        name: 'removing',
        uploadPath: '/removing',
        tmpFileDir: join(folder, 'removing'),
        cleanup,
        protocols,
        delivery: { ...delivery, afterDelivery: 'remove' },
      }),
    ],
    controllers: [Videos],
    providers: [
      Services,
      Hooks,
      Handler,
      { provide: CallLog, useValue: callLogIn(folder) },
      { provide: Points, useValue: points },
      { provide: FOLDER, useValue: folder },
    ],
  } satisfies ModuleMetadata;
}
