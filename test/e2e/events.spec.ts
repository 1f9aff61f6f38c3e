import { BadRequestException, Controller, Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { join } from 'node:path';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadCreated,
  OnUploadExpired,
  OnUploadFailed,
  OnUploadFinished,
  OnUploadProgress,
  OnUploadTerminated,
  TusModule,
} from '../../lib/index.js';
import type {
  CompleteUpload,
  Delivery,
  FinishedUpload,
  Upload,
  UploadChanges,
  UploadDraft,
} from '../../lib/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  PLATFORMS,
  create,
  eventually,
  head,
  patch,
  post,
  startApp,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { SlowPatch } from '../support/slow-patch.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';
import { Story, StoryModule } from '../support/story.js';

const HOUR = 3_600_000;
const PARTIAL = { 'Upload-Concat': 'partial' };

/** Tells the story of every upload, and does what a test tells it to. */
@Injectable()
class Teller {
  /** What is done when an upload was created; nothing unless set. */
  onCreated: () => unknown = () => undefined;

  constructor(private readonly story: Story) {}

  @OnUploadCreated()
  async created(upload: Upload): Promise<void> {
    await this.onCreated();
    this.story.tell('created', upload);
  }

  @OnUploadProgress({ every: '1ms' })
  progress(upload: Upload): void {
    this.story.tell('progress', upload);
  }

  @OnUploadFinished({ attempts: 2, backoff: { first: '1ms' } })
  finished(upload: FinishedUpload): void {
    this.story.tell('finished', upload);
    if (upload.metadata['finished'] === 'throw') throw new Error('It is broken.');
  }

  @OnUploadTerminated()
  terminated(upload: Upload): void {
    this.story.tell('terminated', upload);
  }

  @OnUploadExpired()
  expired(upload: Upload): void {
    this.story.tell('expired', upload);
  }

  @OnUploadFailed()
  failed(upload: Upload, delivery: Delivery): void {
    this.story.tell('failed', upload, { delivery });
  }

  @BeforeUploadCreate()
  place({ metadata: { path } }: UploadDraft): UploadChanges {
    return path === undefined ? {} : { path };
  }

  @BeforeUploadFinish({ when: ({ metadata }) => metadata['verdict'] === 'refuse' })
  refuse(): void {
    throw new BadRequestException('A virus.');
  }

  @BeforeUploadFinish({
    when: ({ metadata }) => metadata['verdict'] === 'quarantine',
    quarantine: true,
  })
  quarantine(_upload: CompleteUpload): void {
    throw new BadRequestException('Perhaps a virus.');
  }
}

const storyOf = (app: TestApp): Story => app.nest.get(Story, { strict: false });

describe.each(PLATFORMS)('the events of an upload on %s', (platform) => {
  const clock = useClock();
  const app = useApp({
    platform,
    imports: [StoryModule],
    providers: [Teller],
    tus: { cleanup: { every: false } },
  });
  const story = (): Story => storyOf(app());
  beforeEach(() => {
    app().nest.get(Teller).onCreated = () => undefined;
  });

  function expectToEndFinished(id: string): void {
    const names = story().namesOf(id);
    expect(names.indexOf('finished')).toBe(names.length - 1);
    expect(story().stepsOf(id)).toEqual(['created', 'finished']);
  }

  it('are told in order, each with the upload as it was', async () => {
    const upload = await create(app(), { length: 10, metadata: { filename: 'a.txt' } });
    const sending = await SlowPatch.begin(app(), upload, 10);
    await sending.write('hello');
    const progress = await story().of(upload.id, 'progress');
    await sending.write('world');
    const { status } = await sending.response();
    await story().of(upload.id, 'finished');

    expect(status).toBe(204);
    expectToEndFinished(upload.id);
    expect(story().namesOf(upload.id).slice(0, 2)).toEqual(['created', 'progress']);
    expect((await story().of(upload.id, 'created')).upload).toMatchObject({
      id: upload.id,
      state: 'receiving',
      offset: 0,
      length: 10,
      filename: 'a.txt',
      metadata: { filename: 'a.txt' },
      partial: false,
    });
    expect(progress.upload).toMatchObject({ state: 'receiving', offset: 5, length: 10 });
  });

  it('wait for a handler that takes its time, and no client does', async () => {
    const gate = new Gate();
    app().nest.get(Teller).onCreated = () => gate.pass();

    const upload = await create(app(), { length: 5, body: 'hello' });
    const { headers } = await head(app(), upload);
    await gate.reached;
    // A finish that comes later is delivered without waiting for this upload's handlers.
    app().nest.get(Teller).onCreated = () => undefined;
    const next = await create(app(), { length: 5, body: 'world' });
    await story().of(next.id, 'finished');
    const meanwhile = story().namesOf(upload.id);
    gate.open();
    await story().of(upload.id, 'finished');

    expect(headers['upload-offset']).toBe('5');
    expect(meanwhile).toEqual([]);
    expect(story().stepsOf(upload.id)).toEqual(['created', 'finished']);
    expect(story().stepsOf(next.id)).toEqual(['created', 'finished']);
  });

  it('have no progress after the finish', async () => {
    const upload = await create(app(), { length: 10 });
    // Both have advanced, and are to be told of by and by.
    await patch(app(), upload, { body: 'hello' });
    await patch(app(), upload, { offset: 5, body: 'world' });
    const barrier = await create(app(), { length: 10, body: 'hello' });
    await story().of(barrier.id, 'progress');
    await story().of(upload.id, 'finished');

    expectToEndFinished(upload.id);
  });

  it('have no progress while a placed file is tidied up', async () => {
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const gate = new Gate();
    const tidy = jest.spyOn(storage, 'tidy').mockImplementationOnce(() => gate.pass());
    const upload = await create(app(), { length: 5, metadata: { path: 'tidy.txt' } });
    const sent = patch(app(), upload, { body: 'hello' });
    await gate.reached;
    const barrier = await create(app(), { length: 10, body: 'hello' });
    await uploadWhole(app(), 'wakes the deliveries');
    await story().of(barrier.id, 'progress');
    gate.open();
    await sent;
    await story().of(upload.id, 'finished');
    tidy.mockRestore();

    expectToEndFinished(upload.id);
  });

  it.each<[string, (upload: { id: string; path: string }) => Promise<unknown>]>([
    ['its client', (upload) => terminate(app(), upload)],
    ['the application', ({ id }) => app().tus.terminate(id)],
  ])('end when it is terminated by %s', async (_name, end) => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await end(upload);

    const { upload: told } = await story().of(upload.id, 'terminated');

    expect(told).toMatchObject({ id: upload.id, state: 'terminated', length: 10 });
    expect(told).not.toHaveProperty('path');
    expect(story().stepsOf(upload.id)).toEqual(['created', 'terminated']);
  });

  it('may end after the finish', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await story().of(upload.id, 'finished');
    await eventually(async () => expect((await terminate(app(), upload)).status).toBe(204));
    await story().of(upload.id, 'terminated');

    expect(story().stepsOf(upload.id)).toEqual(['created', 'finished', 'terminated']);
  });

  it.each([
    ['refuse', 'terminated'],
    ['quarantine', 'quarantined'],
  ])('end in no finish but as terminated with the verdict %j', async (verdict, state) => {
    const whole = await create(app(), { length: 5, metadata: { verdict } });
    await patch(app(), whole, { body: 'hello' });
    const { status } = await post(app(), {
      length: 7,
      metadata: { verdict },
      body: 'at once',
    });
    const refused = await story().first(({ on, upload }) => {
      const { length } = upload as Upload;
      return on === 'terminated' && length === 7 && upload.metadata['verdict'] === verdict;
    });

    expect(status).toBe(400);
    expect((await story().of(whole.id, 'terminated')).upload).toMatchObject({ state });
    for (const id of [whole.id, refused.upload.id]) {
      expect(story().stepsOf(id)).toEqual(['created', 'terminated']);
    }
  });

  it('end when it expires, once cleanup has come by', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    clock.advance(25 * HOUR);
    await app().tus.cleanup();

    expect((await story().of(upload.id, 'expired')).upload).toMatchObject({ state: 'expired' });
    expect(story().stepsOf(upload.id)).toEqual(['created', 'expired']);
  });

  it('end with the delivery that was given up', async () => {
    const upload = await create(app(), {
      length: 5,
      body: 'hello',
      metadata: { finished: 'throw' },
    });

    const { upload: told, delivery } = await story().of(upload.id, 'failed');

    expect(told).toMatchObject({ id: upload.id, state: 'finished', offset: 5 });
    expect(delivery).toEqual({
      uploadId: upload.id,
      handler: 'Teller#finished',
      state: 'dead',
      attempt: 2,
      error: 'It is broken.',
    });
    expect(story().stepsOf(upload.id)).toEqual(['created', 'finished', 'finished', 'failed']);
  });

  it('are those of the whole, not those of its parts', async () => {
    const parts = [
      await create(app(), { length: 5, body: 'hello', headers: PARTIAL }),
      await create(app(), { length: 5, headers: PARTIAL }),
    ];
    await patch(app(), parts[1]!, { body: 'world' });
    const gone = await create(app(), { length: 5, headers: PARTIAL });
    await terminate(app(), gone);
    const final = await create(app(), {
      headers: {
        'Upload-Defer-Length': undefined,
        'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}`,
      },
    });
    await story().of(final.id, 'finished');

    expect(story().namesOf(final.id)).toEqual(['created', 'finished']);
    for (const { id } of [...parts, gone]) expect(story().namesOf(id)).toEqual([]);
  });

  it('are not told of what was refused at its creation', async () => {
    const countCreated = () => story().all.filter(({ on }) => on === 'created').length;
    const before = countCreated();
    const { status } = await post(app(), { length: 5, metadata: { path: '../outside' } });
    const barrier = await create(app(), { length: 5 });
    await story().of(barrier.id, 'created');

    expect(status).toBe(500);
    expect(countCreated() - before).toBe(1);
  });
});

describe.each(PLATFORMS)('progress on %s', (platform) => {
  @Injectable()
  class Watcher {
    gate?: Gate;

    constructor(private readonly story: Story) {}

    @OnUploadProgress({ every: '1h', id: 'rarely' })
    rarely(upload: Upload): void {
      this.story.tell('rarely', upload);
    }

    @OnUploadProgress({ every: '1ms', id: 'slowly' })
    async slowly(upload: Upload): Promise<void> {
      this.story.tell('slowly', upload);
      await this.gate?.pass();
    }
  }

  const app = useApp({ platform, imports: [StoryModule], providers: [Watcher] });
  const offsets = (id: string, on: string): unknown[] =>
    storyOf(app())
      .all.filter((told) => told.on === on && told.upload.id === id)
      .map(({ upload }) => (upload as Upload).offset);

  it('is told to each handler at its own pace, and the latest there is', async () => {
    const watcher = app().nest.get(Watcher);
    const gate = new Gate();
    watcher.gate = gate;
    const seen = new Set<number>();
    const subscription = app().tus.events$.subscribe(({ upload }) => seen.add(upload.offset));
    const upload = await create(app(), { length: 15 });
    const sending = await SlowPatch.begin(app(), upload, 15);
    for (const offset of [3, 6, 9, 12]) {
      await sending.write('abc');
      await eventually(() => expect([...seen]).toContain(offset));
    }
    watcher.gate = undefined;
    gate.open();
    await storyOf(app()).first(
      ({ on, upload: told }) => on === 'slowly' && (told as Upload).offset === 12,
    );
    subscription.unsubscribe();

    expect(offsets(upload.id, 'slowly')).toEqual([3, 12]);
    expect(offsets(upload.id, 'rarely')).toEqual([3]);
  });

  it('is told of each upload by itself', async () => {
    const uploads = [
      await create(app(), { length: 9, body: 'abc' }),
      await create(app(), { length: 9, body: 'abc' }),
    ];

    for (const { id } of uploads) await storyOf(app()).of(id, 'rarely');

    expect(uploads.map(({ id }) => offsets(id, 'rarely'))).toEqual([[3], [3]]);
  });
});

describe.each(PLATFORMS)('progress and the end of an app on %s', (platform) => {
  const every = 150;

  @Injectable()
  class Watcher {
    constructor(private readonly story: Story) {}

    @OnUploadProgress({ every: `${every}ms` })
    told(upload: Upload): void {
      this.story.tell('progress', upload);
    }
  }

  it('is not told any more', async () => {
    const app = await startApp({ platform, imports: [StoryModule], providers: [Watcher] });
    const gate = new Gate();
    app.tus.events$.subscribe(({ upload }) => {
      if (upload.offset === 6) void gate.pass();
    });
    const upload = await create(app, { length: 9, body: 'abc' });
    await storyOf(app).of(upload.id, 'progress');
    await patch(app, upload, { offset: 3, body: 'abc' });
    await gate.reached;
    await app.close();
    const before = storyOf(app).all.length;

    // A timer of the same length that begins later ends later.
    await new Promise((resolve) => setTimeout(resolve, every + 1));

    expect(storyOf(app).all).toHaveLength(before);
  });
});

describe.each(PLATFORMS)('handlers that throw on %s', (platform) => {
  @Injectable()
  class Thrower {
    @OnUploadCreated({ id: 'thrower' })
    @OnUploadProgress({ id: 'thrower' })
    @OnUploadTerminated({ id: 'thrower' })
    @OnUploadFailed({ id: 'thrower' })
    async rejects(): Promise<void> {
      await Promise.reject(new Error('It is broken.'));
    }

    @OnUploadTerminated({ id: 'sync' })
    rejectsWithNothing(): Promise<never> {
      return Promise.reject(undefined as unknown as Error);
    }

    @OnUploadFinished({ attempts: 1 })
    finished(): void {
      throw new Error('It is broken, too.');
    }
  }

  const app = useApp({ platform, imports: [StoryModule], providers: [Thrower, Teller] });
  const errorsOf = (id: string, but = 'nothing'): string[] =>
    app()
      .logs.errors()
      .filter((line) => line.includes(id) && !line.includes(but));

  it('are logged once each, and harm neither the upload nor other handlers', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await storyOf(app()).of(upload.id, 'progress');
    const ended = await terminate(app(), upload);
    await storyOf(app()).of(upload.id, 'terminated');
    await eventually(() => expect(errorsOf(upload.id)).toHaveLength(4));

    expect(ended.status).toBe(204);
    expect(storyOf(app()).namesOf(upload.id)).toEqual(['created', 'progress', 'terminated']);
    expect(errorsOf(upload.id).map((line) => line.split('\n')[0])).toEqual([
      expect.stringContaining(`Upload ${upload.id}: thrower failed on "created": It is broken.`),
      expect.stringContaining('thrower failed on "progress": It is broken.'),
      expect.stringContaining('thrower failed on "terminated": It is broken.'),
      expect.stringContaining('sync failed on "terminated": undefined'),
    ]);
  });

  it('are called once, also when they are to hear of a failure', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await storyOf(app()).of(upload.id, 'failed');
    const errors = await eventually(() => {
      const lines = errorsOf(upload.id, 'failed on "progress"');
      expect(lines).toHaveLength(3);
      return lines.join();
    });

    expect(errors).toContain('thrower failed on "created": It is broken.');
    expect(errors).toContain('Thrower#finished failed for good, attempt 1: It is broken, too.');
    expect(errors).toContain('thrower failed on "failed": It is broken.');
  });
});

describe.each(PLATFORMS)('handlers of events on %s', (platform) => {
  @Injectable()
  class Stacked {
    constructor(private readonly story: Story) {}

    @OnUploadCreated()
    @OnUploadCreated({ instance: 'avatars' })
    @OnUploadTerminated({ instance: 'avatars' })
    both(upload: Upload): void {
      this.story.tell('stacked', upload);
    }

    @OnUploadCreated({ when: ({ metadata }) => metadata['kind'] === 'video' })
    videos(upload: Upload): void {
      this.story.tell('video', upload);
    }

    @OnUploadCreated({
      id: 'picky',
      when: () => {
        throw new Error('I cannot tell.');
      },
    })
    picky(upload: Upload): void {
      this.story.tell('picky', upload);
    }
  }

  @Controller('hearing')
  class Hearing {
    constructor(private readonly story: Story) {}

    @OnUploadCreated()
    created(upload: Upload): void {
      this.story.tell('controller', upload);
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    constructor(
      private readonly story: Story,
      @Inject(REQUEST) private readonly request: Upload,
    ) {}

    @OnUploadCreated()
    created(upload: Upload): void {
      const on = this.request === upload ? 'scoped' : 'another request';
      this.story.tell(on, upload, { target: this });
    }

    @OnUploadTerminated()
    terminated(upload: Upload): void {
      this.story.tell('terminated', upload, { target: this });
    }
  }

  const app = useApp({
    platform,
    providers: [Stacked, Scoped],
    controllers: [Hearing],
    imports: (tmpFileDir) => [
      StoryModule,
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
      }),
    ],
  });
  const story = (): Story => storyOf(app());

  it('are methods of providers and controllers, and hear what they want to', async () => {
    const video = await create(app(), { length: 5, metadata: { kind: 'video' } });
    const text = await create(app(), { length: 5, metadata: { kind: 'text' } });
    for (const { id } of [video, text]) {
      for (const name of ['controller', 'picky', 'scoped', 'stacked']) await story().of(id, name);
    }

    expect((await story().of(video.id, 'video')).upload.id).toBe(video.id);
    expect(story().namesOf(video.id)).toHaveLength(5);
    expect(story().namesOf(text.id)).toHaveLength(4);
  });

  it('hear of the instances that they name, by each of their decorators', async () => {
    const avatar = await create(app(), { length: 5, path: '/avatars' });
    await terminate(app(), avatar);
    await eventually(() => expect(story().namesOf(avatar.id)).toHaveLength(2));
    const other = await create(app(), { length: 5 });
    await terminate(app(), other);
    await story().of(other.id, 'terminated');

    expect(story().namesOf(avatar.id)).toEqual(['stacked', 'stacked']);
    expect(
      story()
        .namesOf(other.id)
        .filter((name) => name === 'stacked'),
    ).toHaveLength(1);
  });

  it('hear of what they cannot tell whether they want it, which is logged by their id', async () => {
    const { id } = await create(app(), { length: 5 });
    await story().of(id, 'picky');

    const lines = app()
      .logs.errors()
      .filter((line) => line.includes(id));
    expect(lines).toEqual([
      expect.stringContaining(
        `Upload ${id}: the "when" of picky failed, so it is called: I cannot tell.`,
      ),
    ]);
  });

  it('of a request-scoped provider are made anew for every call, the upload their request', async () => {
    const upload = await create(app(), { length: 5 });
    await terminate(app(), upload);
    const created = await story().of(upload.id, 'scoped');
    const ended = await story().of(upload.id, 'terminated');

    expect(created.target).toBeInstanceOf(Scoped);
    expect(ended.target).toBeInstanceOf(Scoped);
    expect(ended.target).not.toBe(created.target);
  });
});

describe('a wrong option of a decorator', () => {
  it.each([
    ['@OnUploadProgress every', OnUploadProgress({ every: 'often' as never })],
    ['@OnUploadFinished id', OnUploadFinished({ id: '' })],
    ['@OnUploadFinished id', OnUploadFinished({ id: 'a\nb' })],
    ['@OnUploadFinished id', OnUploadFinished({ id: 'x'.repeat(513) })],
    ['@OnUploadFinished id', OnUploadFinished({ id: 7 as never })],
    ['@OnUploadFinished attempts', OnUploadFinished({ attempts: 0 })],
    ['@OnUploadFinished backoff.max', OnUploadFinished({ backoff: { max: -1 } })],
    ['@OnUploadFinished concurrency', OnUploadFinished({ concurrency: 0 })],
    ['@OnUploadFinished timeout', OnUploadFinished({ timeout: 'soon' })],
  ])('fails at start, named %s', async (option, decorate) => {
    class Wrong {
      @decorate
      handle(): void {}
    }

    const starting = startApp({ platform: 'express', listen: false, providers: [Wrong] });

    await expect(starting).rejects.toThrow(`option "${option}" cannot be`);
  });
});
