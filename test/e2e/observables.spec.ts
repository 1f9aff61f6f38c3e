import { BadRequestException, Controller, Injectable, Param, Sse } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import {
  BeforeUploadFinish,
  OnUploadFinished,
  TusService,
  UploadNotFoundError,
} from '../../lib/index.js';
import type { Upload, UploadEvent } from '../../lib/index.js';
import {
  PLATFORMS,
  SseStream,
  create,
  offsetOf,
  patch,
  startApp,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';
import { SlowPatch } from '../support/slow-patch.js';

const UNKNOWN = '0'.repeat(32);
const HOUR = 3_600_000;

@Injectable()
class Judge {
  @BeforeUploadFinish({ when: ({ metadata }) => metadata['is'] === 'bad', quarantine: true })
  quarantine(): void {
    throw new BadRequestException('Perhaps a virus.');
  }

  @OnUploadFinished({ when: ({ metadata }) => metadata['is'] === 'hard', attempts: 1 })
  fail(): void {
    throw new Error('It is broken.');
  }
}

@Controller('live')
class LiveController {
  constructor(private readonly tus: TusService) {}

  @Sse()
  all() {
    return this.tus.events$.pipe(map((event) => ({ data: event })));
  }

  @Sse(':id')
  one(@Param('id') id: string) {
    return this.tus.progress$(id).pipe(map(({ state, offset }) => ({ data: { state, offset } })));
  }
}

/** Events of an app, to be waited for. */
function listenTo(app: TestApp): Calls<UploadEvent> {
  const events = new Calls<UploadEvent>();
  app.tus.events$.subscribe((event) => events.add(event));
  return events;
}

/** What an upload's events were, but for progress, of which there is some or none, as time goes by. */
function stepsOf(events: Calls<UploadEvent>, id: string): string[] {
  return events.all
    .filter(({ upload, type }) => upload.id === id && type !== 'progress')
    .map(({ type }) => type);
}

/** An upload as far as it matters here. */
function brief({ state, offset }: Pick<Upload, 'state' | 'offset'>): string {
  return `${state} ${offset}`;
}

/** The same of several, but for what may be told while the last byte is made safe. */
function briefs(uploads: readonly Pick<Upload, 'state' | 'offset'>[]): string[] {
  const end = uploads.at(-1)?.offset;
  return uploads
    .filter(({ state, offset }) => state !== 'receiving' || offset !== end)
    .map((upload) => brief(upload));
}

describe.each(PLATFORMS)('events$ on %s', (platform) => {
  const clock = useClock();
  const app = useApp({ platform, providers: [Judge], tus: { cleanup: { every: false } } });
  const ended = (events: Calls<UploadEvent>, id: string, type: UploadEvent['type']) =>
    events.first((event) => event.upload.id === id && event.type === type);

  it('tells what happens to an upload, in order, with the upload as it is then', async () => {
    const events = listenTo(app());
    const upload = await create(app(), { length: 10, metadata: { filename: 'a.txt' } });
    const sending = await SlowPatch.begin(app(), upload, 10);
    await sending.write('hello');
    await ended(events, upload.id, 'progress');
    await sending.write('world');
    const finished = await ended(events, upload.id, 'finished');

    expect(stepsOf(events, upload.id)).toEqual(['created', 'finished']);
    expect(briefs(events.all.map(({ upload: told }) => told))).toEqual([
      'receiving 0',
      'receiving 5',
      'finished 10',
    ]);
    expect(finished.upload).toMatchObject({ filename: 'a.txt', length: 10 });
    expect(finished.upload.path).toContain(upload.id);
  });

  it('tells of the end of those that are not finished, and of what failed', async () => {
    const events = listenTo(app());
    const gone = await create(app(), { length: 10 });
    await terminate(app(), gone);
    const bad = await create(app(), { length: 5, metadata: { is: 'bad' } });
    await patch(app(), bad, { body: 'hello' });
    const hard = await create(app(), { length: 5, body: 'hello', metadata: { is: 'hard' } });
    const failed = await ended(events, hard.id, 'failed');
    const late = await create(app(), { length: 10 });
    clock.advance(25 * HOUR);
    await app().tus.cleanup();

    expect(stepsOf(events, gone.id)).toEqual(['created', 'terminated']);
    expect(stepsOf(events, bad.id)).toEqual(['created', 'quarantined']);
    expect(stepsOf(events, hard.id)).toEqual(['created', 'finished', 'failed']);
    expect(failed).toMatchObject({ delivery: { handler: 'Judge#fail', state: 'dead' } });
    expect(stepsOf(events, late.id)).toEqual(['created', 'expired']);
  });

  it('tells of parts, which say that they are', async () => {
    const events = listenTo(app());
    const { id } = await create(app(), { length: 5, headers: { 'Upload-Concat': 'partial' } });

    expect((await ended(events, id, 'created')).upload.partial).toBe(true);
  });

  it('tells nothing to who has left, and all to who has come', async () => {
    const left: UploadEvent[] = [];
    app()
      .tus.events$.subscribe((event) => left.push(event))
      .unsubscribe();
    const first = await create(app(), { length: 5 });
    const events = listenTo(app());
    const second = await create(app(), { length: 5 });

    expect(left).toEqual([]);
    expect(stepsOf(events, first.id)).toEqual([]);
    expect(stepsOf(events, second.id)).toEqual(['created']);
  });
});

describe.each(PLATFORMS)('progress$ on %s', (platform) => {
  const app = useApp({ platform, providers: [Judge] });

  it('begins with now, advances, and ends with the finish', async () => {
    const upload = await create(app(), { length: 15, body: 'hello' });
    const seen = new Calls<Upload>();
    const all = lastValueFrom(app().tus.progress$(upload.id).pipe(toArray()));
    app()
      .tus.progress$(upload.id)
      .subscribe((value) => seen.add(value));
    await seen.atLeast(1);
    await patch(app(), upload, { offset: 5, body: 'hello' });
    await seen.atLeast(2);
    await patch(app(), upload, { offset: 10, body: 'hello' });

    expect(briefs(await all)).toEqual(['receiving 5', 'receiving 10', 'finished 15']);
    expect(seen.all).toEqual(await all);
  });

  it('does not interrupt the PATCH that it watches', async () => {
    const upload = await create(app(), { length: 15 });
    const sending = await SlowPatch.begin(app(), upload, 15);
    await sending.write('hello');
    const seen = new Calls<Upload>();
    for (let viewer = 0; viewer < 5; viewer++) {
      app()
        .tus.progress$(upload.id)
        .subscribe((value) => seen.add(value));
    }
    await seen.first(({ offset }) => offset === 5);
    await sending.write('hello');
    await seen.first(({ offset }) => offset === 10);
    await sending.write('world');
    const { status } = await sending.response();

    expect(status).toBe(204);
    expect(await offsetOf(app(), upload)).toBe(15);
  });

  it.each<[string, string, (upload: { id: string; path: string }) => Promise<unknown>]>([
    ['terminated', 'hello', (upload) => terminate(app(), upload)],
    ['terminated', 'hello', ({ id }) => app().tus.terminate(id)],
    ['quarantined', 'hello', (upload) => patch(app(), upload, { offset: 5, body: 'world' })],
  ])('ends with an upload that is %s', async (state, body, end) => {
    const upload = await create(app(), { length: 10, body, metadata: { is: 'bad' } });
    const watched$ = app().tus.progress$(upload.id);
    const all = lastValueFrom(watched$.pipe(toArray()));
    await firstValueFrom(watched$);
    await end(upload);

    const states = (await all).map((value) => value.state);
    expect(states.at(-1)).toBe(state);
    expect(states.slice(0, -1)).not.toContain(state);
  });

  it('is one value of an upload that is over', async () => {
    const { id } = await uploadWhole(app(), 'hello');

    const all = await lastValueFrom(app().tus.progress$(id).pipe(toArray()));

    expect(all.map(brief)).toEqual(['finished 5']);
    expect(all).toEqual([await app().tus.find(id)]);
  });

  it.each([UNKNOWN, '', '../x'])('fails for %j, of which nothing is known', async (id) => {
    await expect(lastValueFrom(app().tus.progress$(id))).rejects.toBeInstanceOf(
      UploadNotFoundError,
    );
  });
});

describe.each(PLATFORMS)('observables at shutdown on %s', (platform) => {
  it('complete', async () => {
    const app = await startApp({ platform });
    const { id } = await create(app, { length: 10, body: 'hello' });
    const events = lastValueFrom(app.tus.events$.pipe(toArray()));
    const values = lastValueFrom(app.tus.progress$(id).pipe(toArray()));
    await firstValueFrom(app.tus.progress$(id));

    await app.close();

    expect(await events).toEqual([]);
    expect((await values).map(brief)).toEqual(['receiving 5']);
  });
});

describe.each(PLATFORMS)('an @Sse() route on %s', (platform) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ platform, controllers: [LiveController] });
  });
  afterEach(() => app.close());

  it('streams one upload up to its end, and then ends itself', async () => {
    const upload = await create(app, { length: 15, body: 'hello' });
    const stream = await SseStream.open(app, `/live/${upload.id}`);
    const events: Upload[] = [];
    for await (const { data } of stream.events<Upload>()) {
      events.push(data);
      if (data.offset < 15) await patch(app, upload, { offset: data.offset, body: 'hello' });
    }

    expect(briefs(events)).toEqual(['receiving 5', 'receiving 10', 'finished 15']);
  });

  it('streams what happens to all, and ends when the app shuts down', async () => {
    const stream = await SseStream.open(app, '/live');
    const events = stream.events<UploadEvent>();
    const first = events.next();
    const { id } = await create(app, { length: 5 });
    const { value } = await first;
    const last = events.next();
    await app.close();

    expect(value).toMatchObject({
      data: { type: 'created', upload: { id, state: 'receiving', offset: 0 } },
    });
    expect((await last).done).toBe(true);
  });

  it('ends without a value for an upload that nothing is known of', async () => {
    const stream = await SseStream.open(app, `/live/${UNKNOWN}`);
    const types: string[] = [];
    for await (const { type } of stream.events()) types.push(type);

    expect(types).not.toContain('message');
  });
});
