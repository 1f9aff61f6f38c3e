import {
  chmod,
  link,
  mkdir,
  readFile,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { FileChangedError, FolderLostError } from '../../../lib/errors/index.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { folderThat } from '../../support/folder-check.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { describeStorage } from '../../contracts/storage/storage.contract.js';
import { KeptRecords, newId } from '../../support/kept-records.js';

describeStorage('the disk storage', async () => {
  const parent = await makeTempFolder();
  return {
    storage: (records) => new DiskStorage({ folder: join(parent, 'a', 'uploads'), records }),
    remove: () => removeTempFolder(parent),
  };
});

describe('the files of the disk storage', () => {
  let parent: string;
  let folder: string;
  let records: KeptRecords;
  let storage: DiskStorage;
  let id: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, 'uploads');
    records = new KeptRecords();
    storage = new DiskStorage({ folder, records });
    id = newId();
  });
  afterEach(() => removeTempFolder(parent));

  const upload = () => records.of(id);
  const pathOf = (one: string) => storage.files.path(records.of(one));
  const read = async (start?: number, end?: number) =>
    (await buffer(storage.createReadStream(upload(), { start, end }))).toString();

  async function store(content: string): Promise<void> {
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from(content)]);
    await writer.close();
  }

  it('lie in a folder that is made, and proved to be writable without a trace', async () => {
    await storage.open();
    expect((await stat(folder)).isDirectory()).toBe(true);
    expect(await listFiles(folder)).toEqual([]);
    await storage.open();
  });

  it('are refused where they cannot be stored, in the words of the system', async () => {
    await writeFile(folder, 'a file');
    await expect(storage.open()).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });

    const readOnly = join(parent, 'read-only');
    await mkdir(readOnly);
    await chmod(readOnly, 0o500);
    const refused = new DiskStorage({ folder: readOnly, records }).open();
    const mayWriteAnywhere = process.getuid?.() === 0 || process.platform === 'win32';
    if (mayWriteAnywhere) await refused;
    else await expect(refused).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('are named after the id, at an absolute path', async () => {
    await storage.open();
    await store('abc');
    expect(await listFiles(folder)).toEqual([id]);
    const other = id;
    id = 'order-1';
    await store('def');
    expect(await listFiles(folder)).toEqual([other, 'order-1.tus'].sort());
    const { files } = new DiskStorage({ folder: relative('.', folder), records });
    expect(files.path(records.of(other))).toBe(resolve(folder, other));
    expect(files.path(upload())).toBe(resolve(folder, 'order-1.tus'));
  });

  it.each(['../../etc/passwd', '', '.', '.tus', 'a.b', `${'0'.repeat(32)}/x`, 'con'])(
    'are never looked for by anything but an id: %p',
    async (wrong) => {
      await storage.open();
      const record = records.of(wrong);
      expect(() => storage.files.path(record)).toThrow(TypeError);
      expect(() => storage.createReadStream(record)).toThrow(TypeError);
      await expect(storage.openWriter(record)).rejects.toThrow(TypeError);
      await expect(storage.stat(record)).rejects.toThrow(TypeError);
      await expect(storage.holds(wrong)).rejects.toThrow(TypeError);
      await expect(storage.remove(record)).rejects.toThrow(TypeError);
      await expect(storage.move(record, join(parent, 'x'))).rejects.toThrow(TypeError);
      await expect(storage.finish({ ...record, filePath: 'x' })).rejects.toThrow(TypeError);
    },
  );

  it('are missed loudly when something else is wrong than their absence', async () => {
    await writeFile(folder, 'a file');
    await expect(storage.stat(upload())).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(storage.openWriter(upload())).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(storage.remove(upload())).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('are others after a renewal, with the same mode, and no remnant is left', async () => {
    await storage.open();
    await store('abcd');
    await chmod(pathOf(id), 0o640);
    const before = await stat(pathOf(id));
    await writeFile(join(folder, `.${id}.renewing`), 'left by one that was interrupted');

    await storage.cutBack({ ...upload(), isDoubtful: true }, 3);

    const after = await stat(pathOf(id));
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode).toBe(before.mode);
    expect(await readFile(pathOf(id), 'utf8')).toBe('abc');
    expect(await listFiles(folder)).toEqual([id]);
  });

  it('have no more bytes than count, after a flush of them has failed', async () => {
    await storage.open();
    const cutBack = (size: number) => storage.cutBack({ ...upload(), isDoubtful: true }, size);
    await store('abcd');
    await cutBack(2);
    expect(await read()).toBe('ab');
    await store('xy');
    await cutBack(100);
    expect(await read()).toBe('abxy');
    await cutBack(0);
    expect(await storage.stat(upload())).toBeUndefined();
    await cutBack(0);
  });

  it('are known to be flushed as far as a flush has covered them, and are the same', async () => {
    await storage.open();
    await store('ab');
    expect((await storage.stat(upload()))?.flushed).toBe(0);
    const writer = await storage.openWriter(upload());
    await writer.sync();
    await writer.write([Buffer.from('cd')]);
    expect(writer.flushed).toBe(2);
    expect(await storage.stat(upload())).toMatchObject({ size: 4, flushed: 2 });
    await writer.truncate(1);
    await writer.write([Buffer.from('xyz')]);
    expect((await storage.stat(upload()))?.flushed).toBe(1);
    await writer.close();
    expect((await new DiskStorage({ folder, records }).stat(upload()))?.flushed).toBe(0);
    await storage.remove(upload());
    await store('other');
    expect((await storage.stat(upload()))?.flushed).toBe(0);
  });

  it('are seen, and can be read, while they are written', async () => {
    await storage.open();
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from('abc')]);
    expect(await storage.stat(upload())).toMatchObject({ size: 3 });
    expect(await read(1)).toBe('bc');
    await storage.remove(upload());
    await expect(writer.confirm()).rejects.toThrow(FileChangedError);
    await writer.close();
    await expect(read()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are not written over when two writers make one at once', async () => {
    await storage.open();
    const first = await storage.openWriter(upload());
    const second = await storage.openWriter(upload());
    await first.write([Buffer.from('first')]);
    await expect(second.write([Buffer.from('second')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(second.size).toBe(0);
    await Promise.all([first.close(), second.close()]);
    expect(await readFile(pathOf(id), 'utf8')).toBe('first');
  });

  describe('with modes of their own', () => {
    const umask = process.umask();
    const fileMode = 0o660;
    const directoryMode = 0o2771;
    // One that takes from every mode there is below.
    beforeEach(() => {
      process.umask(0o077);
      const modes = { fileMode, directoryMode };
      storage = new DiskStorage({ folder: join(folder, 'deep'), records, ...modes });
    });
    afterEach(() => void process.umask(umask));

    const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

    it('have exactly these, and so have the folders above them', async () => {
      await storage.open();
      await store('abc');

      expect(await modeOf(pathOf(id))).toBe(fileMode);
      expect(await modeOf(join(folder, 'deep'))).toBe(directoryMode);
      expect(await modeOf(folder)).toBe(directoryMode);
      expect(await listFiles(folder)).toEqual([join('deep', id)]);
    });

    it('have them whether they are made by bytes, by none, or of others', async () => {
      await storage.open();
      await store('abc');
      const [empty, final] = [newId(), newId()];
      const writer = await storage.openWriter(records.of(empty));
      await writer.complete();
      await writer.close();
      await chmod(pathOf(id), 0o600);
      const part = records.change(id, { length: 3 });
      await storage.concatenate(records.of(final), [part, part]);

      expect(await modeOf(pathOf(empty))).toBe(fileMode);
      expect(await modeOf(pathOf(final))).toBe(fileMode);
    });

    it('have them once a record tells of them', async () => {
      await storage.open();
      const writer = await storage.openWriter(upload(), { isUnrecorded: true });
      await writer.write([Buffer.from('abc')]);
      await writer.recorded?.();
      await writer.close();

      expect(await modeOf(pathOf(id))).toBe(fileMode);
    });

    it('keep them where they are placed or moved, in folders that are made', async () => {
      await storage.open();
      await store('abc');
      const { stored } = await storage.finish({
        ...upload(),
        filePath: join('albums', 'one', 'file'),
      });
      records.change(id, { state: 'finished', stored });
      await storage.move(upload(), join(parent, 'moved', 'file'));

      expect(await modeOf(join(folder, 'deep', 'albums', 'one'))).toBe(directoryMode);
      expect(await modeOf(join(parent, 'moved', 'file'))).toBe(fileMode);
      expect(await modeOf(join(parent, 'moved'))).toBe(directoryMode);
    });

    it('keep them when they are put aside, in a folder for this user only', async () => {
      await storage.open();
      await store('abc');

      const place = await storage.setAside(upload());

      expect(await modeOf(place!)).toBe(fileMode);
      expect(await modeOf(join(place!, '..'))).toBe(0o700);
      expect(await modeOf(join(place!, '..', '..'))).toBe(0o700);
    });

    it('leave folders that were there as they are', async () => {
      await mkdir(join(folder, 'deep'), { recursive: true });
      await chmod(join(folder, 'deep'), 0o750);
      await storage.open();

      expect(await modeOf(join(folder, 'deep'))).toBe(0o750);
    });
  });

  describe('in a folder that is lost', () => {
    let isLost: boolean;
    beforeEach(async () => {
      isLost = false;
      const watch = folderThat(() => isLost);
      storage = new DiskStorage({ folder, records, watch });
      await storage.open();
      await store('abc');
    });

    it('are not said to be empty, nor made anew', async () => {
      const other = newId();
      const writer = await storage.openWriter(records.of(other));
      await unlink(pathOf(id));
      isLost = true;

      await expect(storage.assertSame()).rejects.toThrow(FolderLostError);
      await expect(storage.stat(upload())).rejects.toThrow(FolderLostError);
      await expect(writer.write([Buffer.from('abc')])).rejects.toThrow(FolderLostError);
      const parts = [records.of(other)];
      const final = records.of(newId());
      await expect(storage.concatenate(final, parts)).rejects.toThrow(FolderLostError);
      expect(await listFiles(folder)).toEqual([]);
      await writer.close();
    });

    it('fail because of that, whatever the system says', async () => {
      const writer = await storage.openWriter(upload());
      isLost = true;
      await rm(folder, { recursive: true });
      await expect(writer.sync()).rejects.toThrow(FolderLostError);
      await writeFile(folder, 'a file');

      await expect(storage.stat(upload())).rejects.toThrow(FolderLostError);
      await expect(storage.openWriter(upload())).rejects.toThrow(FolderLostError);
      const placed = { ...upload(), filePath: 'x/y' };
      await expect(storage.finish(placed)).rejects.toThrow(FolderLostError);
      await writer.close();
    });
  });

  describe('when a move was interrupted', () => {
    let target: string;
    let copy: string;
    beforeEach(async () => {
      await storage.open();
      await store('abc');
      target = join(parent, 'done', 'file.txt');
      copy = join(parent, 'done', `.${id}.moving`);
      await mkdir(join(parent, 'done'));
    });

    async function expectMoved(): Promise<void> {
      expect(await readFile(target, 'utf8')).toBe('abc');
      expect(await listFiles(parent)).toEqual([join('done', 'file.txt')]);
    }

    it('with both names given, the next one completes it', async () => {
      await link(pathOf(id), target);
      await storage.move(upload(), target);
      await expectMoved();
    });

    it('with the copy named and not yet cleared away, the next one completes it', async () => {
      await writeFile(copy, 'abc');
      await link(copy, target);
      await storage.move(upload(), target);
      await expectMoved();
    });

    it('with only the copy left to clear away, the next one completes it', async () => {
      await writeFile(copy, 'abc');
      await link(copy, target);
      await unlink(pathOf(id));
      await storage.move(upload(), target);
      await expectMoved();
    });

    it('in the middle of copying, the next one does not trust the copy', async () => {
      await writeFile(copy, 'a');
      await storage.move(upload(), target);
      await expectMoved();
    });
  });

  it('stay when they are moved to their own place by another name of its folder', async () => {
    await storage.open();
    await store('abc');
    await symlink(folder, join(parent, 'alias'));
    await storage.move(upload(), join(parent, 'alias', id));
    expect(await readFile(pathOf(id), 'utf8')).toBe('abc');

    await link(pathOf(id), join(parent, 'second-name'));
    await storage.move(upload(), join(parent, 'alias', id));
    expect(await readFile(pathOf(id), 'utf8')).toBe('abc');
  });

  it('have names that are not for others, by whatever way', async () => {
    await storage.open();
    await symlink(folder, join(parent, 'alias'));
    const other = newId();
    const own = [
      id,
      id.toUpperCase(),
      other,
      join(other, 'x'),
      '.tus',
      '.TUS',
      join('.tus', 'a', 'b'),
      `.${id}.moving`,
      'order-1.tus',
      'Order-1.Tus',
      '.order-1.tus.moving',
    ];
    const free = [
      `${id}.mp4`,
      join('a', id),
      join('a', '.tus'),
      '.tusk',
      'order-1',
      'an order.tus',
      '',
      '..',
    ];

    for (const place of [folder, join(parent, 'alias'), join(folder, 'a', '..')]) {
      for (const name of own) {
        await expect(storage.targetOf(join(place, name))).rejects.toThrow(RangeError);
      }
      for (const name of free) {
        const target = join(place, name);
        expect(await storage.targetOf(relative('.', target) || '.')).toBe(resolve(target));
      }
    }
    expect(await storage.targetOf(join(parent, id))).toBe(join(parent, id));
  });

  describe('when there are more than those of uploads', () => {
    const PROBE = `.probe-${'0'.repeat(16)}`;
    const COPY = `.${'a'.repeat(32)}.moving`;
    const RENEWED = `.${'a'.repeat(32)}.renewing`;
    beforeEach(() => storage.open());

    const put = (name: string) => writeFile(join(folder, name), 'x');

    async function held(): Promise<string[]> {
      const names: string[] = [];
      for await (const holding of storage.holdings()) {
        names.push(holding.id ?? `remnant ${holding.name}`);
      }
      return names.sort();
    }

    it('name uploads and what interrupted work left, and nothing of anybody else', async () => {
      await store('abc');
      const other = id;
      id = 'order-1';
      await store('def');
      for (const name of [PROBE, COPY, RENEWED, '.order-1.tus.moving']) await put(name);
      for (const name of [
        'photo.jpg',
        'order-2',
        'a b.tus',
        `${other}.tus`,
        '.probe-mine',
        '.moving',
      ])
        await put(name);
      await mkdir(join(folder, '.tus'));
      await put(join('.tus', 'b'.repeat(32)));
      await mkdir(join(folder, 'c'.repeat(32)));
      const remnants = [PROBE, COPY, RENEWED, '.order-1.tus.moving'].map(
        (name) => `remnant ${name}`,
      );
      expect(await held()).toEqual([...remnants, other, id].sort());
    });

    it('are put aside in ".tus/lost"', async () => {
      await store('abc');
      const place = join(folder, '.tus', 'lost', id);
      expect(await storage.setAside(upload())).toBe(place);
      expect(await readFile(place, 'utf8')).toBe('abc');
      id = 'order-1';
      await store('def');
      const second = join(folder, '.tus', 'lost', 'order-1.tus');
      expect(await storage.setAside(upload())).toBe(second);
    });

    it('lose one that its process had no record of yet, only when it is old enough', async () => {
      const writer = await storage.openWriter(upload(), { isUnrecorded: true });
      await writer.write([Buffer.from('abc')]);
      await writer.close();
      const { mtimeMs } = await stat(pathOf(id));
      const holding = { name: id, id };
      expect(await storage.clear(holding, mtimeMs)).toBeUndefined();
      expect(await storage.clear(holding, mtimeMs + 1)).toEqual({ kind: 'removed' });
      expect(await listFiles(folder)).toEqual([]);
    });

    it.each(['with bytes', 'without'])('put aside one of which a record told, %s', async (kind) => {
      const bytes = kind === 'with bytes' ? 'abc' : '';
      const writer = await storage.openWriter(upload(), { isUnrecorded: true });
      await writer.write([Buffer.from(bytes)]);
      await writer.complete();
      await writer.recorded?.();
      await writer.close();
      const cleared = await storage.clear({ name: id, id }, Date.now() + 60_000);
      const place = join(folder, '.tus', 'lost', id);
      expect(cleared).toEqual({ kind: 'aside', place });
      expect(await readFile(place, 'utf8')).toBe(bytes);
    });

    it('have the mode that the umask leaves, once a record told of them', async () => {
      await store('abc');
      const { mode } = await stat(pathOf(id));
      id = newId();
      const writer = await storage.openWriter(upload(), { isUnrecorded: true });
      await writer.write([Buffer.from('abc')]);
      expect((await stat(pathOf(id))).mode).not.toBe(mode);
      await writer.recorded?.();
      await writer.close();
      expect((await stat(pathOf(id))).mode).toBe(mode);
    });

    it('lose a remnant only when it is old enough', async () => {
      await put(PROBE);
      const { mtimeMs } = await stat(join(folder, PROBE));
      const remnant = { name: PROBE };
      expect(await storage.clear(remnant, mtimeMs)).toBeUndefined();
      expect(await held()).toEqual([`remnant ${PROBE}`]);
      expect(await storage.clear(remnant, mtimeMs + 1)).toEqual({ kind: 'removed' });
      expect(await held()).toEqual([]);
      expect(await storage.clear(remnant, Date.now())).toBeUndefined();
    });

    it('never lose one that is no remnant', async () => {
      await store('abc');
      for (const name of [id, 'photo.jpg', `../${PROBE}`, `.tus/${PROBE}`]) {
        await expect(storage.clear({ name }, Infinity)).rejects.toThrow(TypeError);
      }
      expect(await held()).toEqual([id]);
    });
  });
});

describe('a file of the disk storage that the application wants elsewhere', () => {
  const filePath = join('ada', '2024', 'holiday.txt');
  let parent: string;
  let folder: string;
  let elsewhere: string;
  let records: KeptRecords;
  let storage: DiskStorage;
  let id: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, 'uploads');
    elsewhere = join(parent, 'elsewhere');
    records = new KeptRecords();
    storage = new DiskStorage({ folder, records });
    await storage.open();
    await mkdir(elsewhere);
    id = newId();
  });
  afterEach(() => removeTempFolder(parent));

  const upload = () => records.of(id);
  const textAt = (path: string) => readFile(path, 'utf8');
  const firstName = () => join(folder, id);
  const place = () => join(folder, filePath);

  async function store(content: string): Promise<void> {
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from(content)]);
    await writer.close();
    records.change(id, { length: content.length });
  }

  /** @returns whether it lies there */
  async function finish(at?: string): Promise<boolean> {
    const { stored, isMisplaced = false } = await storage.finish({ ...upload(), filePath: at });
    records.change(id, { state: 'finished', stored });
    return !isMisplaced;
  }

  describe('by its path in the folder', () => {
    it('is found there and under its first name, until it is tidied up', async () => {
      await store('abc');
      expect(storage.isTidy(upload())).toBe(true);
      expect(await finish(filePath)).toBe(true);
      expect(await textAt(place())).toBe('abc');
      expect(await textAt(firstName())).toBe('abc');
      expect(storage.isTidy(upload())).toBe(false);
      await storage.tidy(upload());
      expect(await listFiles(folder)).toEqual([filePath]);
      expect(storage.locate(upload())).toEqual({
        path: place(),
        storage: { type: 'disk', path: place() },
      });
    });

    it('stays where it is where a folder lies there, or a file in place of a folder', async () => {
      await store('first');
      await finish(filePath);
      id = newId();
      await store('second');
      expect(await finish('ada')).toBe(false);
      expect(await finish(join(filePath, 'below.txt'))).toBe(false);
      expect(await textAt(place())).toBe('first');
      expect(await textAt(storage.files.path(upload()))).toBe('second');
    });

    it('fails to be put there when it is gone', async () => {
      await expect(finish(filePath)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('is taken from there as long as its finish is not committed, and no other file is', async () => {
      await store('first');
      await storage.finish({ ...upload(), filePath });
      await storage.tidy({ ...records.of(newId()), filePath });
      expect(await textAt(place())).toBe('first');
      await storage.tidy({ ...upload(), filePath });
      expect(await listFiles(folder)).toEqual([id]);
      await storage.tidy({ ...upload(), filePath });
    });

    it('gets its first name back before it goes, so that another may take its place', async () => {
      await store('first');
      await finish(filePath);
      await storage.tidy(upload());
      const first = upload();
      let isBrokenOff = true;
      const keep = records.keep.bind(records);
      records.keep = async (...args) => {
        if (isBrokenOff) throw new Error('killed');
        await keep(...args);
      };
      await expect(storage.remove(first)).rejects.toThrow('killed');
      expect(await listFiles(folder)).toEqual([id]);

      const second = newId();
      id = second;
      await store('second');
      await finish(filePath);
      await storage.tidy(upload());
      isBrokenOff = false;
      await storage.remove(records.of(first.id));
      expect(await listFiles(folder)).toEqual([filePath]);
      expect(await textAt(place())).toBe('second');
      expect(records.of(first.id).stored).toBeUndefined();
    });

    it('is not taken for a folder that lies there', async () => {
      await mkdir(place(), { recursive: true });
      records.change(id, { state: 'finished', stored: { path: filePath } });
      await expect(storage.remove(upload())).rejects.toMatchObject({ code: 'EISDIR' });
    });

    it('is moved from there, and what is left of it goes', async () => {
      await store('abc');
      await finish(filePath);
      const target = join(elsewhere, 'moved.txt');
      await storage.tidy(upload());
      await storage.move(upload(), target);
      records.change(id, { movedTo: target, stored: undefined });
      expect(await textAt(target)).toBe('abc');
      expect(await listFiles(folder)).toEqual([]);
      await storage.remove(upload());
      expect(await textAt(target)).toBe('abc');
    });
  });

  describe('by a path of its own', () => {
    it('goes there, into folders that are made', async () => {
      await store('abc');
      await finish();
      const target = join(elsewhere, 'media', '2024', 'holiday.txt');
      await storage.move(upload(), target);
      expect(await textAt(target)).toBe('abc');
      expect(await storage.stat(upload())).toBeUndefined();
      expect(await listFiles(elsewhere)).toEqual([join('media', '2024', 'holiday.txt')]);
    });

    it('is found there, and read, and not removed from there', async () => {
      await store('abc');
      await finish();
      const target = join(elsewhere, 'here.txt');
      await storage.move(upload(), target);
      records.change(id, { movedTo: target });
      expect(await storage.stat(upload())).toMatchObject({ size: 3 });
      expect((await buffer(storage.createReadStream(upload()))).toString()).toBe('abc');
      await storage.remove(upload());
      expect(await textAt(target)).toBe('abc');
      await unlink(target);
      expect(await storage.stat(upload())).toBeUndefined();
    });

    it('has been moved when only its record does not say so yet', async () => {
      await store('abc');
      await finish();
      const target = join(elsewhere, 'here.txt');
      records.change(id, { movingTo: target });
      expect(storage.files.path(upload())).toBe(firstName());
      await storage.move(upload(), target);
      expect(storage.files.path(upload())).toBe(target);
      await storage.move(upload(), target);
      await writeFile(target, 'of another length');
      await expect(storage.move(upload(), target)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('never overwrites a file, and leaves no trace of having tried', async () => {
      await store('new');
      await finish();
      const target = join(elsewhere, 'taken.txt');
      await writeFile(target, 'old');
      await expect(storage.move(upload(), target)).rejects.toMatchObject({ code: 'EEXIST' });
      expect(await textAt(target)).toBe('old');
      expect(await textAt(firstName())).toBe('new');
      expect(await listFiles(elsewhere)).toEqual(['taken.txt']);
    });

    it('never goes in the place of a folder', async () => {
      await store('new');
      await finish();
      const moved = storage.move(upload(), elsewhere);
      await expect(moved).rejects.toMatchObject({ code: 'EEXIST' });
      expect(await textAt(firstName())).toBe('new');
    });

    it('is one of two that want the same path', async () => {
      const ids = [newId(), newId()];
      for (const one of ids) {
        id = one;
        await store(one);
        await finish();
      }
      const target = join(elsewhere, 'one.txt');
      const moving = ids.map((one) => storage.move(records.of(one), target));
      const moves = await Promise.allSettled(moving);
      const winner = moves.findIndex(({ status }) => status === 'fulfilled');
      expect(moves[1 - winner]).toMatchObject({ status: 'rejected', reason: { code: 'EEXIST' } });
      expect(await textAt(target)).toBe(ids[winner]);
      expect(await textAt(join(folder, ids[1 - winner]!))).toBe(ids[1 - winner]);
    });

    it('stays when it is there already', async () => {
      await store('abc');
      await finish();
      await storage.move(upload(), firstName());
      expect(await textAt(firstName())).toBe('abc');
    });

    it('fails to go when it is gone, and nothing is made', async () => {
      await expect(storage.move(upload(), join(elsewhere, 'nothing.txt'))).rejects.toMatchObject({
        code: 'ENOENT',
      });
      expect(await listFiles(elsewhere)).toEqual([]);
    });

    it('goes to no path that is not absolute', async () => {
      await store('abc');
      await finish();
      await expect(storage.move(upload(), 'here.txt')).rejects.toThrow(TypeError);
      expect(await textAt(firstName())).toBe('abc');
    });
  });

  describe('put aside', () => {
    it('is taken from requests, and never lost to others of the same name', async () => {
      await store('first');
      const first = await storage.setAside(upload());
      expect(first).toEqual(expect.stringContaining(id));
      expect(await storage.stat(upload())).toBeUndefined();
      await store('second');
      const second = await storage.setAside(upload());
      expect(second).toEqual(expect.stringContaining(id));
      expect(second).not.toBe(first);
      expect(await storage.setAside(upload())).toBeUndefined();
      expect(await textAt(first!)).toBe('first');
    });
  });
});
