import { constants, type Stats } from 'node:fs';
import { appendFile, mkdir, open, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { FileChangedError, hasCode } from '../../../lib/errors/index.js';
import { DiskCalls, type Eventually } from '../../../lib/file-system/index.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { KeptRecords, newId } from '../../support/kept-records.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

/**
 * Calls to a disk that answer like those of NFS (`nfs(5)`, *Data and metadata coherence*): what is known of
 * a name is not asked for again, but that of a file is when it is opened, and which names were not
 * there is forgotten when the folder is.
 */
class RememberingCalls extends DiskCalls {
  /** Folders that were opened. */
  readonly folders: string[] = [];
  private readonly known = new Map<string, Eventually<Stats | undefined>>();

  override get isLocal(): boolean {
    return false;
  }

  override lstat(path: string): Eventually<Stats | undefined> {
    if (this.known.has(path)) return this.known.get(path);
    const found = super.lstat(path);
    this.known.set(path, found);
    return found;
  }

  override open(path: string, flags: number): Eventually<number> {
    const isKnownAsMissing = this.known.has(path) && this.known.get(path) === undefined;
    if (isKnownAsMissing) throw Object.assign(new Error('There is none.'), { code: 'ENOENT' });
    if (flags === constants.O_RDONLY) {
      this.folders.push(path);
      this.known.clear();
    }
    this.known.delete(path);
    try {
      const fd = super.open(path, flags);
      void this.lstat(path);
      return fd;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) this.known.set(path, undefined);
      throw error;
    }
  }
}

const HOLD = {
  take: async () => undefined,
  share: async () => 'a folder',
  giveBack: async () => undefined,
};

/** Calls to a disk of the machine's own. */
class CountedCalls extends DiskCalls {
  opened = 0;

  override get isLocal(): boolean {
    return true;
  }

  override open(path: string, flags: number): Eventually<number> {
    this.opened++;
    return super.open(path, flags);
  }
}

describe('The files in a folder that containers of one machine share', () => {
  let folder: string;
  beforeEach(async () => (folder = await makeTempFolder()));
  afterEach(() => removeTempFolder(folder));

  it('are not opened to be looked at: all see the same at once', async () => {
    const calls = new CountedCalls();
    const records = new KeptRecords();
    const storage = new DiskStorage({ folder, records, hold: HOLD, calls });
    await storage.open();
    await storage.files.folder?.share('a registry');
    const upload = records.of(newId());
    expect(await storage.stat(upload)).toBeUndefined();
    await writeFile(storage.files.path(upload), 'abc');
    const before = calls.opened;
    expect(await storage.stat(upload)).toMatchObject({ size: 3 });
    expect(calls.opened).toBe(before);
  });
});

describe('The files in a folder that machines share', () => {
  let folder: string;
  let records: KeptRecords;
  let storage: DiskStorage;
  let calls: RememberingCalls;
  let id: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    records = new KeptRecords();
    calls = new RememberingCalls();
    storage = new DiskStorage({ folder, records, hold: HOLD, calls });
    await storage.open();
    expect(await storage.files.folder?.share('a registry')).toBe('a folder');
    id = newId();
  });
  afterEach(() => removeTempFolder(folder));

  const upload = () => records.of(id);
  const path = () => storage.files.path(upload());
  const size = async () => (await storage.stat(upload()))?.size;

  it('have as many bytes as another machine has left in them', async () => {
    await writeFile(path(), 'abc');
    expect(await size()).toBe(3);
    await appendFile(path(), 'def');
    expect(await size()).toBe(6);
    const writer = await storage.openWriter(upload());
    expect(writer.size).toBe(6);
    await writer.close();
  });

  it('are found once another machine has made them', async () => {
    expect(await size()).toBeUndefined();
    await writeFile(path(), 'abc');
    expect(await size()).toBe(3);
    await rm(path());
    expect(await size()).toBeUndefined();
  });

  it('are appended to where another machine has made them', async () => {
    expect(await size()).toBeUndefined();
    await writeFile(path(), 'abc');
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from('def')]);
    expect(await writer.confirm()).toMatchObject({ size: 6 });
    await writer.close();
  });

  it('are parts of a whole once another machine has made them', async () => {
    const part = records.change(newId(), { length: 3 });
    await writeFile(storage.files.path(part), 'abc');
    await storage.concatenate(upload(), [part]);
    expect((await stat(path())).size).toBe(3);
    expect(calls.folders).toEqual([folder]);
  });

  it('do not count where another machine has put new ones in their place', async () => {
    await writeFile(path(), 'abc');
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from('d')]);
    await storage.fence(upload());
    await expect(writer.confirm()).rejects.toThrow(FileChangedError);
    await writer.close();
  });

  it('are new ones after a fence, whatever can be seen of the process that had them', async () => {
    await writeFile(path(), 'abc');
    const before = await open(path());
    // The first process of the machine has it not open.
    await storage.fence(upload(), 1);
    expect((await stat(path())).ino).not.toBe((await before.stat()).ino);
    await before.close();
  });

  it.each([
    ['a symbolic link', () => symlink('/dev/null', path())],
    ['a folder', () => mkdir(path())],
  ])('are refused where they have become %s', async (kind, make) => {
    await make();
    expect(await storage.stat(upload())).toMatchObject({ size: 0, fault: `has become ${kind}` });
    await expect(storage.openWriter(upload())).rejects.toThrow(FileChangedError);
  });
});
