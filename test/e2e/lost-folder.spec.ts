import { Injectable } from '@nestjs/common';
import { cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FolderLostError, OnUploadFailed, OnUploadFinished } from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import { LmdbRegistry } from '../../lib/registry/lmdb/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  offsetOf,
  patch,
  post,
  removeTempFolder,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';
import { SlowPatch } from '../support/slow-patch.js';

const HOUR = 3_600_000;

/** The folder of an app, reached by a link, and what happens to it. */
class Place {
  /** What the app is told. */
  readonly path: string;
  /** Where it leads. */
  private readonly target: string;
  private readonly elsewhere: string;

  constructor(readonly around: string) {
    this.path = join(around, 'current', 'uploads');
    this.target = join(around, 'uploads');
    this.elsewhere = join(around, 'elsewhere');
  }

  async make(): Promise<void> {
    await mkdir(dirname(this.path));
    await symlink(this.target, this.path);
    await mkdir(this.target);
  }

  remove(): Promise<void> {
    return removeTempFolder(this.target);
  }

  async removeAndMakeAnew(): Promise<void> {
    await this.remove();
    await mkdir(this.target);
  }

  moveAway(): Promise<void> {
    return rename(this.target, this.elsewhere);
  }

  async moveBack(): Promise<void> {
    await rm(this.target, { recursive: true, force: true });
    await rename(this.elsewhere, this.target);
  }

  /** As the system does that mounts another volume there, or nothing. */
  async hide(): Promise<void> {
    await this.moveAway();
    await mkdir(this.target);
  }

  async replaceByCopy(): Promise<void> {
    await this.moveAway();
    // Sockets are not copied.
    const filter = (path: string) => !path.includes('processes');
    await cp(this.elsewhere, this.target, { recursive: true, filter });
  }

  async leadElsewhere(): Promise<void> {
    await mkdir(this.elsewhere);
    await this.leadTo(this.elsewhere);
  }

  leadBack(): Promise<void> {
    return this.leadTo(this.target);
  }

  removeRegistry(): Promise<void> {
    return removeTempFolder(join(this.target, '.tus'));
  }

  /** As a second process does that starts now. */
  async makeRegistryAnew(): Promise<void> {
    await this.removeRegistry();
    const registry = new LmdbRegistry({ folder: join(this.target, '.tus'), durable: true });
    await registry.open();
    await registry.close();
  }

  private async leadTo(target: string): Promise<void> {
    await rm(this.path);
    await symlink(target, this.path);
  }
}

const LOSSES: [string, (place: Place) => Promise<void>][] = [
  ['was removed', (place) => place.remove()],
  ['was removed and made anew', (place) => place.removeAndMakeAnew()],
  ['is hidden by another one', (place) => place.hide()],
  ['was replaced by a copy of itself', (place) => place.replaceByCopy()],
  ['is reached by a link that leads elsewhere', (place) => place.leadElsewhere()],
  ['has lost its registry', (place) => place.removeRegistry()],
  ['has got another registry', (place) => place.makeRegistryAnew()],
];

const RETURNS: [string, (place: Place) => Promise<void>, (place: Place) => Promise<void>][] = [
  ['moved away', (place) => place.moveAway(), (place) => place.moveBack()],
  ['hidden by another one', (place) => place.hide(), (place) => place.moveBack()],
  ['behind a link that led elsewhere', (place) => place.leadElsewhere(), (it) => it.leadBack()],
];

/** A handler that does what a test tells it to, and what it is told itself. */
@Injectable()
class Worker {
  readonly calls = new Calls<FinishedUpload>();
  readonly failures = new Calls<string>();
  work: (upload: FinishedUpload) => unknown = () => undefined;

  @OnUploadFinished({ attempts: 1 })
  async handle(upload: FinishedUpload): Promise<void> {
    this.calls.add(upload);
    await this.work(upload);
  }

  @OnUploadFailed()
  fail({ id }: { id: string }): void {
    this.failures.add(id);
  }
}

describe.each(PLATFORMS)('a folder that is lost, on %s', (platform) => {
  let place: Place;
  let app: TestApp;
  beforeEach(async () => {
    place = new Place(await makeTempFolder());
    await place.make();
    app = await startApp({
      platform,
      tmpFileDir: place.path,
      tus: { download: true, uploadValidDuration: '24h' },
      providers: [Worker],
    });
  });
  afterEach(async () => {
    await app.close();
    await removeTempFolder(place.around);
  });

  const worker = (): Worker => app.nest.get(Worker);
  const lines = (level: 'error' | 'log', text: string): string[] =>
    app.logs.of(level).filter((line) => line.includes(text));
  const losses = () => lines('error', 'is not the one that the app was started with');
  const returns = () => lines('log', 'is there again');

  /** Half an upload, and a whole one whose handler has run. */
  async function prepare(): Promise<[half: CreatedUpload, whole: CreatedUpload]> {
    const half = await create(app, { length: 10, body: 'hello' });
    const whole = await uploadWhole(app, 'all of it');
    await worker().calls.first(({ id }) => id === whole.id);
    await eventually(async () => expect((await app.tus.deliveries()).items).toEqual([]));
    return [half, whole];
  }

  it.each(LOSSES)('is trusted by no request when it %s', async (_name, lose) => {
    const [half, whole] = await prepare();
    await lose(place);
    const before = await listFiles(place.path);

    const refusals = [
      await post(app, { length: 5 }),
      await post(app, { length: 5, body: 'hello' }),
      await patch(app, half, { offset: 5, body: 'world' }),
      await patch(app, half, { offset: 0, body: 'again' }),
      await terminate(app, half),
      await app.request({ path: whole.path }),
      await app.request({ path: half.path }),
      await patch(app, { path: `/files/${'0'.repeat(32)}` }, { body: 'unknown' }),
    ];

    for (const refusal of refusals) {
      expectRefused(refusal, 503);
      expect(refusal.headers['retry-after']).toBe('5');
    }
    // To everything else than 423 clients answer with the whole file again.
    expectHeadRefused(await head(app, half), 423);
    expectHeadRefused(await head(app, whole), 423);
    await expect(app.tus.find(half.id)).rejects.toThrow(FolderLostError);
    await expect(app.tus.list()).rejects.toThrow(FolderLostError);
    await expect(app.tus.create()).rejects.toThrow(FolderLostError);
    await expect(app.tus.getFilepath(whole.id)).rejects.toThrow(FolderLostError);
    await expect(app.tus.cleanup()).rejects.toThrow(FolderLostError);
    expect(await listFiles(place.path)).toEqual(before);
    expect(app.logs.errors()).toHaveLength(1);
    expect(losses()).toEqual([expect.stringContaining(place.path)]);
  });

  it.each(LOSSES)('nothing is acknowledged when it %s while bytes come', async (_name, lose) => {
    const uploads = await Promise.all(
      ['partly', 'wholly'].map(async (how) => {
        const upload = await create(app, { length: how === 'partly' ? 20 : 10 });
        return { upload, patch: await SlowPatch.begin(app, upload, 10) };
      }),
    );
    for (const sending of uploads) {
      await sending.patch.write('hello');
      await eventually(async () =>
        expect(await storedBytes({ tmpFileDir: place.path }, sending.upload)).toHaveLength(5),
      );
    }

    await lose(place);
    for (const sending of uploads) await sending.patch.write('world');

    for (const sending of uploads) expectRefused(await sending.patch.response(), 503);
    expect(losses()).toHaveLength(1);
    expect(app.logs.errors()).toHaveLength(1);
    expect(worker().calls.all).toEqual([]);
  });

  it.each(RETURNS)('goes on when it is back, after it was %s', async (_name, lose, bringBack) => {
    const [half, whole] = await prepare();
    await lose(place);
    expectRefused(await post(app, { length: 5 }), 503);
    expectHeadRefused(await head(app, half), 423);

    await bringBack(place);

    expect(await offsetOf(app, half)).toBe(5);
    expect((await app.request({ path: whole.path })).text).toBe('all of it');
    expect((await patch(app, half, { offset: 5, body: 'world' })).status).toBe(204);
    expect(await worker().calls.first(({ id }) => id === half.id)).toMatchObject({ size: 10 });
    await uploadWhole(app, 'another one');
    expect(losses()).toHaveLength(1);
    expect(returns()).toHaveLength(1);
    expect(app.logs.errors()).toHaveLength(1);
  });

  it('a handler that does not find its file is called again, however often it may fail', async () => {
    const gate = new Gate();
    worker().work = async ({ path }) => {
      await gate.pass();
      await readFile(path);
    };
    const upload = await uploadWhole(app, 'a file');
    await gate.reached;
    await place.hide();

    gate.open();
    await eventually(() => expect(losses()).toHaveLength(1));
    await place.moveBack();

    const calls = await worker().calls.atLeast(2);
    expect(calls.map(({ id, attempt }) => [id, attempt])).toEqual([
      [upload.id, 1],
      [upload.id, 1],
    ]);
    await eventually(async () => expect((await app.tus.deliveries()).items).toEqual([]));
    expect(worker().failures.all).toEqual([]);
    expect(app.logs.errors()).toHaveLength(1);
  });

  describe('while time goes by', () => {
    const clock = useClock();

    it('nothing has expired, and nothing is forgotten', async () => {
      const [half, whole] = await prepare();
      await place.hide();
      clock.advance(20 * HOUR);
      await expect(app.tus.cleanup()).rejects.toThrow(FolderLostError);
      clock.advance(60 * 24 * HOUR);
      await expect(app.tus.cleanup()).rejects.toThrow(FolderLostError);
      await place.moveBack();
      clock.advance(-60 * 24 * HOUR);

      expect(await offsetOf(app, half)).toBe(5);
      expect((await app.tus.find(whole.id))?.state).toBe('finished');
    });
  });
});

describe.each(PLATFORMS)('a finished file of another size than its upload, on %s', (platform) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ platform, tus: { download: true }, providers: [Worker] });
  });
  afterEach(() => app.close());

  const worker = (): Worker => app.nest.get(Worker);

  it.each([
    ['shorter', (path: string) => truncate(path, 4)],
    ['longer', (path: string) => writeFile(path, 'something else')],
  ])('a %s one is not served, and said so', async (_name, change) => {
    const upload = await uploadWhole(app, 'all of it');
    await worker().calls.first(({ id }) => id === upload.id);
    const path = await app.tus.getFilepath(upload.id);
    await change(path);

    const download = await app.request({ path: upload.path });

    expectRefused(download, 500);
    expect(download.text).toBe('The file is not what was uploaded.\n');
    await expect(app.tus.createReadStream(upload.id)).rejects.toThrow(/bytes, and not the 9 that/);
    expect(app.logs.errors()).toEqual([expect.stringMatching(`Upload ${upload.id} failed on GET`)]);
  });

  it('no handler takes it for the upload; the delivery is given up on, and kept', async () => {
    const gate = new Gate();
    worker().work = async ({ path }) => {
      await truncate(path, 4);
      await gate.pass();
      throw new Error('Not yet.');
    };
    const upload = await uploadWhole(app, 'all of it');
    await gate.reached;
    gate.open();
    await worker().failures.first((id) => id === upload.id);

    await app.tus.retry(upload.id);

    await eventually(async () => {
      const { items } = await app.tus.deliveries({ uploadId: upload.id });
      expect(items).toMatchObject([{ state: 'dead', error: expect.stringContaining('4 bytes') }]);
    });
    expect(worker().calls.all).toHaveLength(1);
  });

  it('a moved one is the application’s, whatever it does with it', async () => {
    const upload = await uploadWhole(app, 'all of it');
    const path = await app.tus.moveTo(upload.id, join(app.folder!, 'mine'));
    await truncate(path, 4);

    expect((await app.request({ path: upload.path })).text).toBe('all ');
  });
});
