import { BadRequestException, Injectable } from '@nestjs/common';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  BeforeUploadFinish,
  OnUploadFinished,
  TusService,
  type FinishedUpload,
  type StorageFactory,
} from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  makeTempFolder,
  patch,
  removeTempFolder,
  startApp,
  uploadWhole,
} from '../support/index.js';
import type { TestApp, TusOptions } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { Memory } from '../support/memory-backend.js';
import { listFiles } from '../support/temp-folder.js';

/** Where tests keep their uploads, and the simplest storage there is. */
const STORAGES: [string, () => TusOptions][] = [
  ['the usual storage', () => ({})],
  ['a storage in memory', () => ({ storage: new Memory().storage })],
];

const CASES = PLATFORMS.flatMap(([platform]) =>
  STORAGES.map(([name, options]) => [platform, name, options] as const),
);

/** Copies each upload to where its client says, and quarantines those that are suspect. */
@Injectable()
class Copier {
  readonly copied = new Calls<string>();

  constructor(private readonly tus: TusService) {}

  @BeforeUploadFinish({ when: ({ metadata }) => 'suspect' in metadata, quarantine: true })
  suspect(): void {
    throw new BadRequestException('Perhaps a virus.');
  }

  @OnUploadFinished({ when: ({ metadata }) => 'to' in metadata })
  async copy({ id, metadata }: FinishedUpload): Promise<void> {
    this.copied.add(await this.tus.copyTo(id, metadata['to'] ?? ''));
  }
}

/** Makes an upload whose handlers are all done. */
async function finish(app: TestApp, content = 'hello'): Promise<string> {
  const { id } = await uploadWhole(app, content);
  await app.finished.of(id);
  return id;
}

describe.each(CASES)('copyTo() on %s with %s', (platform, _name, options) => {
  let app: TestApp;
  let folder: string;
  const target = (...names: string[]) => join(folder, ...names);
  beforeEach(async () => {
    folder = await makeTempFolder();
    const owner = (request: { headers: Record<string, string> }) => request.headers['x-user'];
    const tus = { fileMode: 0o640, directoryMode: 0o750, owner, ...options() } as TusOptions;
    app = await startApp({ platform, tus, providers: [Copier] });
  });
  afterEach(async () => {
    await app.close();
    await removeTempFolder(folder);
  });

  it('gives a handler a file of its own, in folders that it makes', async () => {
    const metadata = { to: target('a', 'b', 'c.txt') };
    const { id } = await create(app, { length: 5, body: 'hello', metadata });
    const [path = ''] = await app.nest.get(Copier).copied.atLeast(1);

    expect(path).toBe(target('a', 'b', 'c.txt'));
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect(await listFiles(folder)).toEqual([join('a', 'b', 'c.txt')]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await stat(target('a', 'b'))).mode & 0o777).toBe(0o750);

    await writeFile(path, 'HELLO WORLD');
    expect(await text(await app.tus.createReadStream(id))).toBe('hello');
  });

  it('takes a relative path, copies no bytes as no bytes, and many as they are', async () => {
    const path = relative(process.cwd(), target('empty'));
    expect(await app.tus.copyTo(await finish(app, ''), path)).toBe(target('empty'));
    expect(await readFile(target('empty'), 'utf8')).toBe('');

    const content = 'nestjs-tus'.repeat(300_000);
    await app.tus.copyTo(await finish(app, content), target('many'));
    expect((await readFile(target('many'), 'utf8')) === content).toBe(true);
  });

  it('can be repeated, and be asked for many times at once', async () => {
    const id = await finish(app);
    const copies = Array.from({ length: 5 }, () => app.tus.copyTo(id, target('copy')));
    expect(await Promise.all(copies)).toEqual(Array(5).fill(target('copy')));
    const { ino } = await stat(target('copy'));

    expect(await app.tus.copyTo(id, target('copy'))).toBe(target('copy'));
    expect((await stat(target('copy'))).ino).toBe(ino);
    expect(await listFiles(folder)).toEqual(['copy']);
  });

  it.each(['HELLO', 'hell', 'hello!', ''])('never overwrites a file of %j', async (other) => {
    await writeFile(target('other'), other);
    const refused = app.tus.copyTo(await finish(app), target('other'));
    await expect(refused).rejects.toMatchObject({ code: 'EEXIST', path: target('other') });
    expect(await readFile(target('other'), 'utf8')).toBe(other);
    expect(await listFiles(folder)).toEqual(['other']);
  });

  it('takes neither a folder nor a link for its copy', async () => {
    const id = await finish(app);
    await writeFile(target('elsewhere'), 'hello');
    await symlink(target('elsewhere'), target('link'));
    await mkdir(target('folder'));
    for (const name of ['link', 'folder']) {
      const refused = app.tus.copyTo(id, target(name));
      await expect(refused).rejects.toMatchObject({ code: 'EEXIST' });
    }
  });

  it('copies one that is quarantined, and no other that is not finished', async () => {
    const metadata = { suspect: 'yes' };
    const suspect = await create(app, { length: 5, metadata });
    await patch(app, suspect, { body: 'virus' });
    expect((await app.tus.find(suspect.id))?.state).toBe('quarantined');
    await app.tus.copyTo(suspect.id, target('suspect'));
    expect(await readFile(target('suspect'), 'utf8')).toBe('virus');

    const { id } = await create(app, { length: 5 });
    const refused = app.tus.copyTo(id, target('unfinished'));
    await expect(refused).rejects.toMatchObject({ status: 409 });
    const unknown = app.tus.copyTo('0'.repeat(32), target('unknown'));
    await expect(unknown).rejects.toMatchObject({ status: 404 });
    expect(await listFiles(folder)).toEqual(['suspect']);
  });

  it('copies none that was removed', async () => {
    const id = await finish(app);
    await app.tus.cleanupFile(id);
    const refused = app.tus.copyTo(id, target('removed'));
    await expect(refused).rejects.toMatchObject({ status: 409 });
    expect(await listFiles(folder)).toEqual([]);
  });

  it('copies for its owner only', async () => {
    const { id } = await create(app, { length: 5, body: 'hello', headers: { 'X-User': 'ada' } });
    await app.finished.of(id);
    const refused = app.tus.ownedBy('ben').copyTo(id, target('ben'));
    await expect(refused).rejects.toMatchObject({ status: 404 });
    await app.tus.ownedBy('ada').copyTo(id, target('ada'));
    expect(await listFiles(folder)).toEqual(['ada']);
  });
});

describe('copyTo() on a disk', () => {
  it('does not go where uploads are kept themselves', async () => {
    const app = await startApp({ platform: 'express', tus: { storage: undefined } });
    const id = await finish(app);
    for (const name of ['.tus/x', 'f'.repeat(32), '.copy-0123456789abcdef']) {
      const refused = app.tus.copyTo(id, join(app.tmpFileDir, name));
      await expect(refused).rejects.toThrow(RangeError);
    }
    await app.close();
  });
});

describe('copyTo() that is interrupted', () => {
  /** A storage whose streams give so many bytes and then fail, or end, until they are mended. */
  function breaking(fault?: Error): { storage: StorageFactory; mend(): void } {
    const { storage } = new Memory();
    let isBroken = true;
    return {
      mend: () => (isBroken = false),
      storage: {
        create: async (context) => {
          const made = await storage.create(context);
          const read = made.createReadStream.bind(made);
          made.createReadStream = (...args) => {
            if (!isBroken) return read(...args);
            return Readable.from(
              (async function* () {
                yield Buffer.from('hel');
                if (fault) throw fault;
              })(),
            );
          };
          return made;
        },
      },
    };
  }

  it.each([
    ['a fault', new Error('The store is gone.'), 'The store is gone.'],
    ['an end that comes too early', undefined, 'has 3 bytes'],
  ])('by %s leaves nothing, and can be repeated', async (_name, fault, message) => {
    const folder = await makeTempFolder();
    const { storage, mend } = breaking(fault);
    const app = await startApp({ platform: 'express', tus: { storage } });
    const id = await finish(app);
    await expect(app.tus.copyTo(id, join(folder, 'copy'))).rejects.toThrow(message);
    expect(await listFiles(folder)).toEqual([]);

    mend();
    expect(await readFile(await app.tus.copyTo(id, join(folder, 'copy')), 'utf8')).toBe('hello');
    expect(await listFiles(folder)).toEqual(['copy']);
    await app.close();
    await removeTempFolder(folder);
  });
});
