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
import { FolderLostError } from '../../../lib/errors/index.js';
import { DiskStorage } from '../../../lib/storage/index.js';
import { folderThat } from '../../support/folder-check.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { describeStorage, newId } from './storage.contract.js';

describeStorage('the disk storage', async () => {
  const parent = await makeTempFolder();
  return {
    storage: () => new DiskStorage({ folder: join(parent, 'a', 'uploads') }),
    remove: () => removeTempFolder(parent),
  };
});

describe('the files of the disk storage', () => {
  let parent: string;
  let folder: string;
  let storage: DiskStorage;
  let id: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, 'uploads');
    storage = new DiskStorage({ folder });
    id = newId();
  });
  afterEach(() => removeTempFolder(parent));

  async function store(content: string): Promise<void> {
    const writer = await storage.openWriter(id);
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
    const refused = new DiskStorage({ folder: readOnly }).open();
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
    const sameFolder = new DiskStorage({ folder: relative('.', folder) });
    expect(sameFolder.path(other)).toBe(resolve(folder, other));
    expect(sameFolder.path(id)).toBe(resolve(folder, 'order-1.tus'));
  });

  it.each(['../../etc/passwd', '', '.', '.tus', 'a.b', `${'0'.repeat(32)}/x`, 'con'])(
    'are never looked for by anything but an id: %p',
    async (wrong) => {
      await storage.open();
      expect(() => storage.path(wrong)).toThrow(TypeError);
      expect(() => storage.createReadStream(wrong)).toThrow(TypeError);
      await expect(storage.openWriter(wrong)).rejects.toThrow(TypeError);
      await expect(storage.stat(wrong)).rejects.toThrow(TypeError);
      await expect(storage.remove(wrong)).rejects.toThrow(TypeError);
      await expect(storage.move(wrong, join(parent, 'x'))).rejects.toThrow(TypeError);
      await expect(storage.place(wrong, 'x')).rejects.toThrow(TypeError);
    },
  );

  it('are missed loudly when something else is wrong than their absence', async () => {
    await writeFile(folder, 'a file');
    await expect(storage.stat(id)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(storage.openWriter(id)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(storage.remove(id)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('are others after a renewal, with the same mode, and no remnant is left', async () => {
    await storage.open();
    await store('abcd');
    await chmod(storage.path(id), 0o640);
    const before = await stat(storage.path(id));
    await writeFile(join(folder, `.${id}.renewing`), 'left by one that was interrupted');

    await storage.renew(id, 3);

    const after = await stat(storage.path(id));
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode).toBe(before.mode);
    expect(await readFile(storage.path(id), 'utf8')).toBe('abc');
    expect(await listFiles(folder)).toEqual([id]);
  });

  it('are not written over when two writers make one at once', async () => {
    await storage.open();
    const [first, second] = [await storage.openWriter(id), await storage.openWriter(id)];
    await first.write([Buffer.from('first')]);
    await expect(second.write([Buffer.from('second')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(second.size).toBe(0);
    await Promise.all([first.close(), second.close()]);
    expect(await readFile(storage.path(id), 'utf8')).toBe('first');
  });

  describe('with modes of their own', () => {
    const umask = process.umask();
    const fileMode = 0o660;
    const directoryMode = 0o2771;
    // One that takes from every mode there is below.
    beforeEach(() => {
      process.umask(0o077);
      storage = new DiskStorage({ folder: join(folder, 'deep'), fileMode, directoryMode });
    });
    afterEach(() => void process.umask(umask));

    const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

    it('have exactly these, and so have the folders above them', async () => {
      await storage.open();
      await store('abc');

      expect(await modeOf(storage.path(id))).toBe(fileMode);
      expect(await modeOf(join(folder, 'deep'))).toBe(directoryMode);
      expect(await modeOf(folder)).toBe(directoryMode);
      expect(await listFiles(folder)).toEqual([join('deep', id)]);
    });

    it('have them whether they are made by bytes, by none, or of others', async () => {
      await storage.open();
      await store('abc');
      const [empty, final] = [newId(), newId()];
      const writer = await storage.openWriter(empty);
      await writer.create();
      await writer.close();
      await chmod(storage.path(id), 0o600);
      await storage.concatenate(final, [
        { id, size: 3 },
        { id, size: 3 },
      ]);

      expect(await modeOf(storage.path(empty))).toBe(fileMode);
      expect(await modeOf(storage.path(final))).toBe(fileMode);
    });

    it('keep them where they are placed or moved, in folders that are made', async () => {
      await storage.open();
      await store('abc');
      await storage.place(id, join('albums', 'one', 'file'));
      await storage.move(id, join(parent, 'moved', 'file'), join('albums', 'one', 'file'));

      expect(await modeOf(join(folder, 'deep', 'albums', 'one'))).toBe(directoryMode);
      expect(await modeOf(join(parent, 'moved', 'file'))).toBe(fileMode);
      expect(await modeOf(join(parent, 'moved'))).toBe(directoryMode);
    });

    it('keep them when they are put aside, in a folder for this user only', async () => {
      await storage.open();
      await store('abc');

      const place = await storage.setAside(id);

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
      storage = new DiskStorage({ folder, watch });
      await storage.open();
      await store('abc');
    });

    it('are not said to be empty, nor made anew', async () => {
      const other = newId();
      const writer = await storage.openWriter(other);
      await unlink(storage.path(id));
      isLost = true;

      await expect(storage.assertSame()).rejects.toThrow(FolderLostError);
      await expect(storage.stat(id)).rejects.toThrow(FolderLostError);
      await expect(writer.write([Buffer.from('abc')])).rejects.toThrow(FolderLostError);
      const parts = [{ id: other, size: 0 }];
      await expect(storage.concatenate(newId(), parts)).rejects.toThrow(FolderLostError);
      expect(await listFiles(folder)).toEqual([]);
      await writer.close();
    });

    it('fail because of that, whatever the system says', async () => {
      const writer = await storage.openWriter(id);
      isLost = true;
      await rm(folder, { recursive: true });
      await expect(writer.sync()).rejects.toThrow(FolderLostError);
      await writeFile(folder, 'a file');

      await expect(storage.stat(id)).rejects.toThrow(FolderLostError);
      await expect(storage.openWriter(id)).rejects.toThrow(FolderLostError);
      await expect(storage.place(id, 'x/y')).rejects.toThrow(FolderLostError);
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
      await link(storage.path(id), target);
      await storage.move(id, target);
      await expectMoved();
    });

    it('with the copy named and not yet cleared away, the next one completes it', async () => {
      await writeFile(copy, 'abc');
      await link(copy, target);
      await storage.move(id, target);
      await expectMoved();
    });

    it('with only the copy left to clear away, the next one completes it', async () => {
      await writeFile(copy, 'abc');
      await link(copy, target);
      await unlink(storage.path(id));
      await storage.move(id, target);
      await expectMoved();
    });

    it('in the middle of copying, the next one does not trust the copy', async () => {
      await writeFile(copy, 'a');
      await storage.move(id, target);
      await expectMoved();
    });
  });

  it('stay when they are moved to their own place by another name of its folder', async () => {
    await storage.open();
    await store('abc');
    await symlink(folder, join(parent, 'alias'));
    await storage.move(id, join(parent, 'alias', id));
    expect(await readFile(storage.path(id), 'utf8')).toBe('abc');

    await link(storage.path(id), join(parent, 'second-name'));
    await storage.move(id, join(parent, 'alias', id));
    expect(await readFile(storage.path(id), 'utf8')).toBe('abc');
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
      for (const name of own)
        expect([name, await storage.isOwn(join(place, name))]).toEqual([name, true]);
      for (const name of free)
        expect([name, await storage.isOwn(join(place, name))]).toEqual([name, false]);
    }
    expect(await storage.isOwn(join(parent, id))).toBe(false);
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
        names.push(holding.kind === 'upload' ? holding.id : `remnant ${holding.name}`);
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
      expect(await storage.setAside(id)).toBe(place);
      expect(await readFile(place, 'utf8')).toBe('abc');
      id = 'order-1';
      await store('def');
      expect(await storage.setAside(id)).toBe(join(folder, '.tus', 'lost', 'order-1.tus'));
    });

    it('lose a remnant only when it is old enough', async () => {
      await put(PROBE);
      const { mtimeMs } = await stat(join(folder, PROBE));
      expect(await storage.removeRemnant(PROBE, mtimeMs)).toBe(false);
      expect(await held()).toEqual([`remnant ${PROBE}`]);
      expect(await storage.removeRemnant(PROBE, mtimeMs + 1)).toBe(true);
      expect(await held()).toEqual([]);
      expect(await storage.removeRemnant(PROBE, Date.now())).toBe(false);
    });

    it('never lose one that is no remnant', async () => {
      await store('abc');
      for (const name of [id, 'photo.jpg', `../${PROBE}`, `.tus/${PROBE}`]) {
        await expect(storage.removeRemnant(name, Infinity)).rejects.toThrow(TypeError);
      }
      expect(await held()).toEqual([id]);
    });
  });
});
