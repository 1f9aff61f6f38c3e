import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  NoSpaceError,
  OnUploadFinished,
  TusModule,
  TusService,
  getCleanupIntervalName,
} from '../../lib/index.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  heldNames,
  listFiles,
  offsetOf,
  patch,
  placeOf,
  rawHead,
  removeTempFolder,
  startApp,
  storedBytes,
  takeAway,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, PlatformName, TestApp, TusOptions } from '../support/index.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const NOTHING = { expired: 0, removed: 0, forgotten: 0 };

/** Milliseconds since the epoch at which an unfinished upload is to expire. */
async function expiryOf(app: TestApp, { id }: CreatedUpload): Promise<number> {
  return (await app.tus.find(id))!.expiresAt!.getTime();
}

/** Waits until an upload is owed to no handler any more. */
async function delivered(app: TestApp, { id: uploadId }: CreatedUpload): Promise<void> {
  const registry = app.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
  await eventually(async () =>
    expect(await registry.deliveries({ uploadId })).toEqual({ items: [] }),
  );
}

/** Makes an upload that is owed to no handler any more. */
async function finish(app: TestApp): Promise<CreatedUpload> {
  const upload = await uploadWhole(app, 'hello');
  await delivered(app, upload);
  return upload;
}

/** Lets the disk fail to remove one upload's file. Restored with the clock. */
function failToRemove(app: TestApp, { id }: Pick<CreatedUpload, 'id'>): void {
  const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
  const remove = storage.remove.bind(storage);
  jest.spyOn(storage, 'remove').mockImplementation(async (removed) => {
    if (removed.id === id) throw new Error('EIO');
    await remove(removed);
  });
}

/** Lets the registry have no room as long as an upload has its file. Restored with the clock. */
function keepFullUntilGone(app: TestApp, { id }: Pick<CreatedUpload, 'id'>): void {
  const registry = app.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
  const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
  let isGone = false;
  const remove = storage.remove.bind(storage);
  jest.spyOn(storage, 'remove').mockImplementation(async (removed) => {
    await remove(removed);
    isGone ||= removed.id === id;
  });
  const change = registry.change.bind(registry);
  jest.spyOn(registry, 'change').mockImplementation(async (changed, update) => {
    if (!isGone) throw new NoSpaceError();
    return change(changed, update);
  });
}

/** Lets a process that had the uploads bring something until a moment. Restored with the clock. */
function letSettle(app: TestApp, until: number): UploadStorage {
  const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
  jest.spyOn(storage, 'settlesAt').mockReturnValue(until);
  return storage;
}

/** An app that is cleaned up only when it is told to, with a clock that is set by hand. */
function useStillApp(platform: PlatformName, tus: TusOptions): () => TestApp {
  const { cleanup, ...others } = tus;
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ platform, tus: { ...others, cleanup: { ...cleanup, every: false } } });
  });
  afterEach(() => app.close());
  return () => app;
}

describe.each(PLATFORMS)('uploads that were taken from a process on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, { cleanup: { rememberFor: '1m' } });

  it('are removed once more when nothing can come of it, and remembered until then', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const until = clock.now() + HOUR;
    const removing = jest.spyOn(letSettle(app(), until), 'remove');
    await terminate(app(), upload);
    await app().tus.cleanup();
    removing.mockClear();

    clock.set(until - 1);
    const before = await app().tus.cleanup();
    const asked = await head(app(), upload);
    clock.set(until);
    const after = await app().tus.cleanup();

    expect([before, asked.status]).toEqual([NOTHING, 410]);
    expect(after).toEqual({ ...NOTHING, forgotten: 1 });
    expect(removing).toHaveBeenCalledTimes(1);
  });
});

describe.each(PLATFORMS)('finished uploads that were taken from a process on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, {});

  it('are tidied up once more when nothing can come of it', async () => {
    const until = clock.now() + HOUR;
    const storage = letSettle(app(), until);
    jest.spyOn(storage, 'isTidy').mockReturnValue(false);
    const upload = await finish(app());
    const tidying = jest.spyOn(storage, 'tidy');
    await app().tus.cleanup();
    expect(tidying).toHaveBeenCalledTimes(1);

    clock.set(until - 1);
    await app().tus.cleanup();
    expect(tidying).toHaveBeenCalledTimes(1);
    clock.set(until);
    await app().tus.cleanup();
    expect(tidying).toHaveBeenCalledTimes(2);
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});

describe.each(PLATFORMS)('unfinished uploads on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, {
    uploadValidDuration: '1h',
    cleanup: { rememberFor: '7d' },
  });

  it('expire exactly when Upload-Expires says', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const expiry = await expiryOf(app(), upload);
    const told = Date.parse(upload.response.headers['upload-expires'] as string);

    clock.set(expiry - 1);
    const before = await app().tus.cleanup();
    const last = await head(app(), upload);
    clock.set(expiry);
    const after = await app().tus.cleanup();

    expect(told).toBe(Math.floor(expiry / 1000) * 1000);
    expect(last.status).toBe(200);
    expect(Date.parse(last.headers['upload-expires'] as string)).toBe(told);
    expect(before).toEqual(NOTHING);
    expect(after).toEqual({ ...NOTHING, expired: 1 });
  });

  it('are 410 from that moment on, whether cleanup has come by or not', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    clock.set(await expiryOf(app(), upload));

    expectHeadRefused(await head(app(), upload), 410);
    expectRefused(await patch(app(), upload, { offset: 5, body: 'world' }), 410);
    expectRefused(await terminate(app(), upload), 410);
    await app().tus.cleanup();
    expectHeadRefused(await head(app(), upload), 410);
  });

  it('go with their file, and are forgotten after rememberFor', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    clock.advance(2 * HOUR);
    const removal = await app().tus.cleanup();
    const state = (await app().tus.find(upload.id))?.state;
    clock.advance(7 * DAY - 1000);
    const early = await app().tus.cleanup();
    const remembered = await head(app(), upload);
    clock.advance(1000);
    const late = await app().tus.cleanup();

    expect(removal).toEqual({ ...NOTHING, expired: 1 });
    expect(state).toBe('expired');
    expect(await heldNames(app())).not.toContain(upload.id);
    expect(early).toEqual(NOTHING);
    expectHeadRefused(remembered, 410);
    expect(late).toEqual({ ...NOTHING, forgotten: 1 });
    expectHeadRefused(await head(app(), upload), 404);
    expect(await app().tus.find(upload.id)).toBeUndefined();
    expect(await app().tus.list()).toEqual({ items: [] });
  });

  it('that were terminated are forgotten', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await terminate(app(), upload);
    clock.advance(6 * DAY);
    const early = await app().tus.cleanup();
    clock.advance(2 * DAY);

    expect(early).toEqual(NOTHING);
    expect(await app().tus.cleanup()).toEqual({ ...NOTHING, forgotten: 1 });
    expectHeadRefused(await head(app(), upload), 404);
  });

  it('without a byte expire', async () => {
    const upload = await create(app(), { length: 10 });
    const deferred = await create(app());
    clock.advance(2 * HOUR);

    expect(await app().tus.cleanup()).toEqual({ ...NOTHING, expired: 2 });
    expectHeadRefused(await head(app(), upload), 410);
    expectHeadRefused(await head(app(), deferred), 410);
  });

  it('live longer with every byte', async () => {
    const upload = await create(app(), { length: 10_000 });
    const first = await expiryOf(app(), upload);
    let offset = 0;
    const second = await eventually(async () => {
      await patch(app(), upload, { offset: offset++, body: 'x' });
      const expiry = await expiryOf(app(), upload);
      expect(expiry).toBeGreaterThan(first);
      return expiry;
    });

    clock.set(first);
    const kept = await app().tus.cleanup();
    const status = (await head(app(), upload)).status;
    clock.set(second);
    const removed = await app().tus.cleanup();

    expect(kept).toEqual(NOTHING);
    expect(status).toBe(200);
    expect(removed).toEqual({ ...NOTHING, expired: 1 });
  });

  it('do not live longer for being asked after', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const expiry = await expiryOf(app(), upload);
    clock.set(expiry - 1);

    await head(app(), upload);
    await patch(app(), upload, { offset: 5, body: '' });
    await app().tus.find(upload.id);

    expect(await expiryOf(app(), upload)).toBe(expiry);
    clock.set(expiry);
    expect(await app().tus.cleanup()).toEqual({ ...NOTHING, expired: 1 });
  });

  it('are left alone while they are being written, although their time is over', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      `${rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10'])}hello`,
    );
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));
    clock.advance(DAY);

    const report = await app().tus.cleanup();
    await connection.write('world');
    const response = await connection.response();

    expect(report).toEqual(NOTHING);
    expect(response.status).toBe(204);
    expect((await app().finished.of(upload.id)).size).toBe(10);
    expect((await storedBytes(app(), upload)).toString()).toBe('helloworld');
  });

  it('are removed by the hundred in one pass', async () => {
    const uploads: CreatedUpload[] = [];
    for (let batch = 0; batch < 15; batch++) {
      const made = Array.from({ length: 10 }, () => create(app(), { length: 5 }));
      uploads.push(...(await Promise.all(made)));
    }
    clock.advance(2 * HOUR);
    const young = await create(app(), { length: 5, body: 'x' });

    expect(await app().tus.cleanup()).toEqual({ ...NOTHING, expired: uploads.length });
    expect((await app().tus.list({ state: 'expired', limit: 1000 })).items).toHaveLength(150);
    expect(await heldNames(app())).toContain(young.id);
    expect(await offsetOf(app(), young)).toBe(1);
  });

  it('that cannot be removed do not keep the others', async () => {
    const stuck = await create(app(), { length: 10 });
    failToRemove(app(), stuck);
    const others = [await create(app(), { length: 10 }), await create(app(), { length: 10 })];
    clock.advance(2 * HOUR);

    await app().tus.cleanup();

    for (const other of others) expect((await app().tus.find(other.id))?.state).toBe('expired');
    expect(app().logs.errors().join()).toContain(`Upload ${stuck.id} could not be cleaned up`);
  });

  it('that fill the disk are removed, also behind hundreds that have no bytes to give', async () => {
    const empty = Array.from({ length: 200 }, () => create(app(), { length: 5 }));
    await Promise.all(empty);
    clock.advance(1000);
    const large = await create(app(), { length: 10, body: 'hello' });
    clock.advance(2 * HOUR);
    keepFullUntilGone(app(), large);

    const report = await app().tus.cleanup();

    expect(await heldNames(app())).not.toContain(large.id);
    expect(report.expired).toBeGreaterThan(0);
    expect((await app().tus.find(large.id))?.state).toBe('expired');
  });

  it('that cannot be changed at all do not keep a pass from its end', async () => {
    const uploads = Array.from({ length: 65 }, () => create(app(), { length: 5 }));
    const [{ id }] = await Promise.all(uploads);
    keepFullUntilGone(app(), { id: 'none' });
    clock.advance(2 * HOUR);

    expect(await app().tus.cleanup()).toEqual(NOTHING);
    expect((await app().tus.find(id))?.state).toBe('receiving');
  });

  it('are told when a pass is asked for twice at once, together', async () => {
    await create(app(), { length: 10 });
    clock.advance(2 * HOUR);

    const reports = await Promise.all([app().tus.cleanup(), app().tus.cleanup()]);

    expect(reports).toEqual([
      { ...NOTHING, expired: 1 },
      { ...NOTHING, expired: 1 },
    ]);
    expect(await app().tus.cleanup()).toEqual(NOTHING);
  });
});

describe.each(PLATFORMS)('the time an upload was promised on %s', (platform) => {
  const clock = useClock();

  it('is kept by an app that was started with another', async () => {
    const first = await startApp({ platform, tus: { uploadValidDuration: '2h' } });
    const upload = await create(first, { length: 10, body: 'hello' });
    await first.nest.close();
    const second = await startApp({
      platform,
      tus: { uploadValidDuration: '1h', cleanup: { every: false } },
      tmpFileDir: first.tmpFileDir,
    });

    clock.advance(HOUR + HOUR / 2);
    const report = await second.tus.cleanup();

    expect(report).toEqual(NOTHING);
    expect((await head(second, upload)).headers['upload-expires']).toBe(
      upload.response.headers['upload-expires'],
    );
    await second.close();
    await removeTempFolder(first.folder!);
  });
});

describe.each(PLATFORMS)('uploads that never expire on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, {
    extensions: ['creation', 'creation-with-upload'],
    uploadValidDuration: '1s',
  });

  it('are there after ten years', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    clock.advance(10 * YEAR);

    expect(await app().tus.cleanup()).toEqual(NOTHING);
    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await app().tus.find(upload.id))?.expiresAt).toBeUndefined();
  });
});

describe.each(PLATFORMS)('finished uploads on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, { uploadValidDuration: '1h' });

  it('are never removed', async () => {
    const upload = await finish(app());

    for (let year = 0; year < 10; year++) {
      clock.advance(YEAR);
      expect(await app().tus.cleanup()).toEqual(NOTHING);
    }

    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await storedBytes(app(), upload)).toString()).toBe('hello');
  });

  it('are never removed where they were moved to', async () => {
    const { id, path } = await finish(app());
    await app().tus.moveTo(id, await placeOf(app(), 'moved'));
    clock.advance(YEAR);

    expect(await app().tus.cleanup()).toEqual(NOTHING);
    expect(await text(await app().tus.createReadStream(id))).toBe('hello');
    expect(await offsetOf(app(), { path })).toBe(5);
  });

  it.each([
    ['by cleanupFile()', async (id: string) => app().tus.cleanupFile(id)],
    ['by the app itself', async (id: string) => takeAway(app(), (await app().tus.find(id))!.path!)],
    [
      'after moveTo()',
      async (id: string) =>
        takeAway(app(), await app().tus.moveTo(id, await placeOf(app(), 'moved'))),
    ],
  ])('whose file was deleted %s are remembered, then forgotten', async (_name, remove) => {
    const upload = await finish(app());
    await remove(upload.id);
    clock.advance(29 * DAY);
    const early = await app().tus.cleanup();
    const offset = await offsetOf(app(), upload);
    clock.advance(2 * DAY);

    expect(early).toEqual(NOTHING);
    expect(offset).toBe(5);
    expect(await app().tus.cleanup()).toEqual({ ...NOTHING, forgotten: 1 });
    expectHeadRefused(await head(app(), upload), 404);
  });
});

describe.each(PLATFORMS)('finished uploads with finishedAfter on %s', (platform) => {
  const clock = useClock();
  const app = useStillApp(platform, {
    cleanup: { finishedAfter: '1h', rememberFor: '1d' },
  });

  it('lose their file after that time, and stay complete until they are forgotten', async () => {
    const upload = await finish(app());
    const removal = (await app().tus.find(upload.id))!.endedAt!.getTime() + HOUR;
    clock.set(removal - 1);
    const early = await app().tus.cleanup();
    const kept = (await storedBytes(app(), upload)).toString();
    clock.set(removal);
    const late = await app().tus.cleanup();
    const asked = await head(app(), upload);
    clock.set(removal + DAY);
    const last = await app().tus.cleanup();

    expect([early, kept]).toEqual([NOTHING, 'hello']);
    expect(late).toEqual({ ...NOTHING, removed: 1 });
    expect(await heldNames(app())).not.toContain(upload.id);
    expect(asked.status).toBe(200);
    expect(asked.headers['upload-offset']).toBe('5');
    expect(last).toEqual({ ...NOTHING, forgotten: 1 });
    expectHeadRefused(await head(app(), upload), 404);
  });

  it('keep a file that was moved away', async () => {
    const { id } = await finish(app());
    await app().tus.moveTo(id, await placeOf(app(), 'moved'));
    clock.advance(DAY / 2);

    expect(await app().tus.cleanup()).toEqual(NOTHING);
    expect(await text(await app().tus.createReadStream(id))).toBe('hello');
  });

  it('are counted with all others', async () => {
    const gone = await finish(app());
    await app().tus.cleanupFile(gone.id);
    clock.advance(DAY - 2 * HOUR);
    await create(app(), { length: 5 });
    await create(app(), { length: 5, body: 'x' });
    await create(app());
    clock.advance(2 * DAY);
    const removed = [await finish(app()), await finish(app())];
    clock.advance(2 * HOUR);

    expect(await app().tus.cleanup()).toEqual({ expired: 3, removed: 2, forgotten: 1 });
    for (const { id } of removed) expect((await app().tus.find(id))?.path).toBeUndefined();
  });
});

describe.each(PLATFORMS)('files that are owed to a handler on %s', (platform) => {
  @Injectable()
  class Slow {
    readonly gate = new Gate();

    @OnUploadFinished()
    async handle(): Promise<void> {
      await this.gate.pass();
    }
  }

  const clock = useClock();
  const app = useApp({
    platform,
    providers: [Slow],
    tus: { cleanup: { every: false, finishedAfter: '1h' } },
  });

  it('are not removed before it is done', async () => {
    const upload = await uploadWhole(app(), 'hello');
    const { gate } = app().nest.get(Slow);
    await gate.reached;
    clock.advance(2 * HOUR);
    const early = await app().tus.cleanup();
    const kept = (await storedBytes(app(), upload)).toString();
    gate.open();
    await delivered(app(), upload);
    clock.advance(HOUR);
    const late = await app().tus.cleanup();

    expect([early, kept]).toEqual([NOTHING, 'hello']);
    expect(late).toEqual({ ...NOTHING, removed: 1 });
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});

@Injectable()
class OwnJobs {
  constructor(readonly tus: TusService) {}

  @Interval('own-job', 60_000)
  run(): void {}
}

/** Waits until an upload that expires at once was removed by nobody's asking. */
async function expectCleanedUp(app: TestApp, path = '/files'): Promise<void> {
  const upload = await create(app, { length: 5, body: 'x', path });
  const names = () =>
    path === '/files' ? heldNames(app) : listFiles(join(app.folder!, 'avatars'));
  await eventually(async () => expect(await names()).not.toContain(upload.id));
  expectHeadRefused(await head(app, upload), 410);
}

function scheduleModulesOf(app: TestApp): number {
  const modules = [...app.nest.get(ModulesContainer).values()];
  return modules.filter(({ metatype }) => metatype === ScheduleModule).length;
}

describe.each(PLATFORMS)('cleanup by itself on %s', (platform) => {
  const soon: TusOptions = { uploadValidDuration: '50ms', cleanup: { every: '20ms' } };

  describe('in an app with ScheduleModule', () => {
    const app = useApp({
      platform,
      tus: soon,
      providers: [OwnJobs],
      imports: (tmpFileDir) => [
        ScheduleModule.forRoot(),
        TusModule.forRoot({
          ...soon,
          name: 'avatars',
          uploadPath: '/avatars',
          tmpFileDir: join(tmpFileDir, '..', 'avatars'),
        }),
      ],
    });

    it('is an interval of its registry, one for each instance', () => {
      const intervals = app().nest.get(SchedulerRegistry).getIntervals();

      expect(getCleanupIntervalName()).toBe('tus-cleanup');
      expect(getCleanupIntervalName('avatars')).toBe('tus-cleanup(avatars)');
      expect([...intervals].sort()).toEqual(['own-job', 'tus-cleanup', 'tus-cleanup(avatars)']);
    });

    it('removes what has expired, in each instance', async () => {
      await expectCleanedUp(app());
      await expectCleanedUp(app(), '/avatars');
    });

    it('leaves the app with one scheduler, so that its own jobs run once', () => {
      expect(scheduleModulesOf(app())).toBe(1);
    });

    it('can be stopped through the registry', async () => {
      app().nest.get(SchedulerRegistry).deleteInterval(getCleanupIntervalName());
      const upload = await create(app(), { length: 5, body: 'x' });
      await eventually(async () => expect((await head(app(), upload)).status).toBe(410));
      await expectCleanedUp(app(), '/avatars');

      expect((await app().nest.get(OwnJobs).tus.find(upload.id))?.state).toBe('receiving');
      expect(await heldNames(app())).toContain(upload.id);
    });
  });

  describe('in an app without ScheduleModule', () => {
    const app = useApp({ platform, tus: soon });

    it('removes what has expired', async () => {
      await expectCleanedUp(app());
    });

    it('brings no scheduler into the app', () => {
      expect(scheduleModulesOf(app())).toBe(0);
    });
  });

  describe('that is switched off', () => {
    const app = useApp({
      platform,
      tus: { uploadValidDuration: '50ms', cleanup: { every: false } },
      imports: [ScheduleModule.forRoot()],
    });

    it('is no interval, and removes nothing unless it is asked to', async () => {
      const upload = await create(app(), { length: 5, body: 'x' });
      await eventually(async () => expect((await head(app(), upload)).status).toBe(410));

      expect(app().nest.get(SchedulerRegistry).getIntervals()).toEqual([]);
      expect((await app().tus.find(upload.id))?.state).toBe('receiving');
      expect(await app().tus.cleanup()).toEqual({ ...NOTHING, expired: 1 });
    });
  });

  it('ends with the app', async () => {
    const app = await startApp({ platform, tus: soon, imports: [ScheduleModule.forRoot()] });
    const registry = app.nest.get(SchedulerRegistry);
    const before = registry.getIntervals();

    await app.close();

    expect(before).toEqual(['tus-cleanup']);
    expect(registry.getIntervals()).toEqual([]);
    expect(app.logs.errors()).toEqual([]);
  });

  it('takes a time longer than a timer can count', async () => {
    const app = await startApp({ platform, tus: { cleanup: { every: '3650d' } } });
    const upload = await create(app, { length: 5 });

    expect(await offsetOf(app, upload)).toBe(0);
    await app.close();
  });
});
