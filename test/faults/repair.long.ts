import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadStorage } from '../../lib/storage/index.js';
import { DiskStorage } from '../../lib/storage/disk/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  eventually,
  listFiles,
  makeTempFolder,
  offsetOf,
  patch,
  PLATFORMS,
  removeTempFolder,
  startApp,
  storedBytes,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';

const HOUR = 3_600_000;
const LOST = 'f'.repeat(32);
const PROBE = `.probe-${'0'.repeat(16)}`;
const COPY = `.${'a'.repeat(32)}.moving`;

describe.each(PLATFORMS)('After a start on %s', (platform) => {
  let folder: string;
  let app: TestApp;

  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    await app.close();
    await removeTempFolder(folder);
  });

  /** Puts a file into the folder that was last written some time ago. */
  async function leave(name: string, age: number): Promise<void> {
    const path = join(folder, name);
    const at = (Date.now() - age) / 1000;
    await writeFile(path, name);
    await utimes(path, at, at);
  }

  /** Starts the app, and waits for what it says of the repair. */
  async function start(uploadValidDuration = '2h'): Promise<string> {
    app = await startApp({ platform, tmpFileDir: folder, tus: { uploadValidDuration } });
    return said();
  }

  async function said(): Promise<string> {
    const lines = () =>
      (['log', 'verbose'] as const)
        .flatMap((level) => app.logs.of(level).map((line) => `${level}: ${line}`))
        .filter((line) => /Recovered|recover/.test(line));
    return eventually(() => {
      expect(lines()).toHaveLength(1);
      return lines()[0]!;
    }, 10_000);
  }

  const files = async (): Promise<string[]> =>
    (await listFiles(folder)).filter((name) => !/^\.tus.(.*mdb|processes.*|reserve.*)$/.test(name));

  it('files that nothing is known of are put aside, whole, and in one line', async () => {
    await leave(LOST, 3 * HOUR);

    const line = await start();

    const place = join('.tus', 'lost', LOST);
    expect(line).toMatch(/^log: Recovered: 1 file without a record put aside \(.+\)\. TusModule$/);
    expect(line).toContain(join(folder, place));
    expect(await files()).toEqual([place]);
    expect(await readFile(join(folder, place), 'utf8')).toBe(LOST);
    expect(app.logs.errors()).toEqual([]);
  });

  it('files that are younger than uploads live stay', async () => {
    await leave(LOST, 1.9 * HOUR);

    expect(await start()).toMatch(/^verbose: /);

    expect(await files()).toEqual([LOST]);
  });

  it('files that are younger than an hour stay, however short uploads live', async () => {
    await leave(LOST, 0.9 * HOUR);

    expect(await start('1s')).toMatch(/^verbose: /);

    expect(await files()).toEqual([LOST]);
  });

  it('files of others stay', async () => {
    await leave('photo.jpg', 1000 * HOUR);
    await leave('.hidden', 1000 * HOUR);
    await mkdir(join(folder, 'e'.repeat(32)));
    await leave(join('e'.repeat(32), LOST), 1000 * HOUR);

    expect(await start()).toMatch(/^verbose: /);

    expect(await files()).toEqual(['.hidden', join('e'.repeat(32), LOST), 'photo.jpg']);
  });

  it('temporary files that interrupted work has left are removed, fresh ones are not', async () => {
    await leave(PROBE, 2 * HOUR);
    await leave(COPY, 2 * HOUR);
    const fresh = `.probe-${'1'.repeat(16)}`;
    await leave(fresh, 0.9 * HOUR);

    expect(await start()).toContain('log: Recovered: 2 temporary files removed.');

    expect(await files()).toEqual([fresh]);
  });

  describe('with uploads of an earlier one', () => {
    let unfinished: CreatedUpload;
    let whole: CreatedUpload;

    beforeEach(async () => {
      app = await startApp({ platform, tmpFileDir: folder });
      unfinished = await create(app, { length: 10, body: 'hello' });
      whole = await uploadWhole(app, 'whole');
      await app.finished.of(whole.id);
    });

    async function age(...uploads: CreatedUpload[]): Promise<void> {
      const at = Date.now() / 1000 - 1.5 * 3600;
      await Promise.all(uploads.map(({ id }) => utimes(join(folder, id), at, at)));
    }

    it('what is known of stays, however old', async () => {
      await age(unfinished, whole);
      await app.close();

      expect(await start()).toMatch(/^verbose: /);

      expect(await offsetOf(app, unfinished)).toBe(5);
      expect((await storedBytes(app, whole)).toString()).toBe('whole');
    });

    it('every file is put aside when the registry is lost, and nothing is lost', async () => {
      await age(unfinished, whole);
      await app.close();
      await removeTempFolder(join(folder, '.tus'));

      expect(await start('1h')).toContain('2 files without a record put aside');

      const lost = (name: string) => readFile(join(folder, '.tus', 'lost', name), 'utf8');
      expect([await lost(unfinished.id), await lost(whole.id)]).toEqual(['hello', 'whole']);
    });

    it('an upload whose last byte came just before the end is finished, and counted', async () => {
      await app.close();
      await writeFile(join(folder, unfinished.id), 'helloworld');

      expect(await start()).toContain('log: Recovered: 1 complete upload finished.');

      expect((await app.finished.of(unfinished.id)).size).toBe(10);
    });

    it('uploads go on while everything is looked at', async () => {
      for (let file = 0; file < 300; file++) {
        await leave(file.toString(16).padStart(32, '0'), 3 * HOUR);
      }
      await app.close();

      app = await startApp({ platform, tmpFileDir: folder, tus: { uploadValidDuration: '2h' } });
      const [response, other] = await Promise.all([
        patch(app, unfinished, { offset: 5, body: 'world' }),
        uploadWhole(app, 'meanwhile'),
      ]);

      expect(response.status).toBe(204);
      expect(await said()).toContain('300 files without a record put aside');
      expect((await storedBytes(app, unfinished)).toString()).toBe('helloworld');
      expect((await storedBytes(app, other)).toString()).toBe('meanwhile');
    });
  });

  it('a file that cannot be put aside is an error in the log, and all others are put aside', async () => {
    const others = ['b'.repeat(32), 'c'.repeat(32)];
    for (const name of [LOST, ...others]) await leave(name, 3 * HOUR);
    const { clear } = DiskStorage.prototype;
    const failing = jest.spyOn(DiskStorage.prototype, 'clear');
    failing.mockImplementation(function (this: DiskStorage, holding, before) {
      const isFaulty = holding.id === LOST;
      return isFaulty ? Promise.reject(new Error('EIO')) : clear.call(this, holding, before);
    });

    expect(await start()).toContain('2 files without a record put aside');
    failing.mockRestore();

    expect(app.logs.errors()).toEqual([expect.stringContaining(`Upload ${LOST} could not be`)]);
    expect(await readFile(join(folder, LOST), 'utf8')).toBe(LOST);
  });

  it('a file is put aside beside an earlier one of its name', async () => {
    await leave(LOST, 3 * HOUR);
    await mkdir(join(folder, '.tus', 'lost'), { recursive: true });
    await writeFile(join(folder, '.tus', 'lost', LOST), 'an earlier one');

    expect(await start()).toContain('1 file without a record put aside');

    const [first, second, ...none] = await listFiles(join(folder, '.tus', 'lost'));
    expect(none).toEqual([]);
    expect(await readFile(join(folder, '.tus', 'lost', first!), 'utf8')).toBe('an earlier one');
    expect(await readFile(join(folder, '.tus', 'lost', second!), 'utf8')).toBe(LOST);
  });

  it('the end of the app ends the search', async () => {
    for (let file = 0; file < 500; file++) {
      await leave(file.toString(16).padStart(32, '0'), 3 * HOUR);
    }
    app = await startApp({ platform, tmpFileDir: folder });
    const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const setAside = jest.spyOn(storage, 'setAside');

    await app.nest.close();
    const calls = setAside.mock.calls.length;
    await new Promise(setImmediate);

    expect(setAside.mock.calls).toHaveLength(calls);
    expect(app.logs.errors()).toEqual([]);
  });
});
