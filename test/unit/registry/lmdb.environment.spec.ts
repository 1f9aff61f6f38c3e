import { mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { FolderLostError, UnfitFolderError } from '../../../lib/errors/index.js';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { assertDescriptors } from '../../../lib/registry/lmdb/descriptors.js';
import { assertWritable } from '../../../lib/registry/lmdb/readiness.js';
import { folderThat } from '../../support/folder-check.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from './records.js';

describe('the folder of the LMDB registry', () => {
  let parent: string;
  let folder: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, 'a.b', '.tus');
  });
  afterEach(() => removeTempFolder(parent));

  it('is made when it is not there', async () => {
    const registry = new LmdbRegistry({ folder, durable: true });
    await registry.open();
    const record = uploadRecord();
    await registry.create(record);
    await registry.close();
    await rename(folder, join(parent, 'moved'));

    const moved = new LmdbRegistry({ folder: join(parent, 'moved'), durable: true });
    await moved.open();
    expect(await moved.get(record.id)).toEqual(record);
    await moved.close();
  });

  it('cannot be open with two durabilities in one process', async () => {
    const durable = new LmdbRegistry({ folder, durable: true });
    const other = new LmdbRegistry({ folder, durable: false });
    await durable.open();
    await expect(other.open()).rejects.toThrow(/another durability/);
    await durable.close();
    await other.open();
    await other.create(uploadRecord());
    await other.close();
  });

  it('is refused, and accepted later, when it cannot be made at first', async () => {
    await writeFile(join(parent, 'a.b'), 'a file');
    const registry = new LmdbRegistry({ folder, durable: true });
    await expect(registry.open()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(registry.get(uploadRecord().id)).rejects.toThrow(/not open/);
    await rm(join(parent, 'a.b'));
    await registry.open();
    await registry.create(uploadRecord());
    await registry.close();
  });

  it.each(['x', 'x'.repeat(8192)])(
    'is refused with a word on what to do when what lies there is damaged',
    async (content) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'data.mdb'), content);
      const registry = new LmdbRegistry({ folder, durable: true });
      await expect(registry.open()).rejects.toThrow(/damaged.*remove/);
      await expect(registry.open()).rejects.toThrow(UnfitFolderError);
      await registry.close();
      expect(await listFiles(folder)).toEqual(['data.mdb']);
    },
  );

  describe('of which the data file', () => {
    const dataFile = () => join(folder, 'data.mdb');
    const change = async (position: number, bytes: Uint8Array) => {
      const handle = await open(dataFile(), 'r+');
      await handle.write(bytes, 0, bytes.length, position);
      await handle.close();
    };
    const make = async (count: number) => {
      const registry = new LmdbRegistry({ folder, durable: true });
      await registry.open();
      const records = Array.from({ length: count }, () => uploadRecord());
      await Promise.all(records.map((record) => registry.create(record)));
      await registry.close();
      return records;
    };
    const opened = async () => {
      const registry = new LmdbRegistry({ folder, durable: true });
      try {
        await registry.open();
        return (await registry.list({ limit: 1000 })).items.length;
      } finally {
        await registry.close();
      }
    };

    it.each([
      ['has garbage in its first meta page', 24],
      ['has garbage in its second meta page', 4096 + 24],
      ['has a second meta page that is none', 4096 + 18],
    ])('%s is refused as damaged', async (_what, position) => {
      await make(10);
      await change(position, Buffer.alloc(8));
      await expect(opened()).rejects.toThrow(/is damaged.*remove/);
    });

    it('is of another version is refused as that', async () => {
      await make(1);
      await change(28, Buffer.from([1]));
      await expect(opened()).rejects.toThrow(/another version of LMDB/);
    });

    it('was cut off is refused at each start, and taken when it is whole again', async () => {
      await make(300);
      const whole = await readFile(dataFile());
      for (const pages of [2, 3, Math.floor(whole.length / 8192), whole.length / 4096 - 1]) {
        await truncate(dataFile(), pages * 4096);
        await expect(opened()).rejects.toThrow(/cut off.*remove/);
      }
      await writeFile(dataFile(), whole);
      expect(await opened()).toBe(300);
    });

    it('ends before pages that are free is taken', async () => {
      await make(300);
      const { size } = await stat(dataFile());
      const lastPage = Buffer.alloc(8);
      lastPage.writeBigUInt64LE(BigInt(size / 4096 + 2));
      for (const meta of [0, 4096]) await change(meta + 144, lastPage);
      expect(await opened()).toBe(300);
    });
  });

  it('is refused where too few descriptors are left', async () => {
    const read = () => Promise.resolve({ limit: 1024, open: 1010 });
    await expect(assertDescriptors(read)).rejects.toThrow(/1010 of 1024.*ulimit -n/);
    await assertDescriptors(() => Promise.resolve({ limit: 1024, open: 1000 }));
    await assertDescriptors(() => Promise.resolve(undefined));
  });

  it("is refused when it has another user's file in it, and says whose", async () => {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'lock.mdb');
    await writeFile(path, '');
    const refuse = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
    await expect(assertWritable(path, refuse)).rejects.toThrow(
      new RegExp(`${path} belongs to the user with the id ${userInfo().uid}.*chown`),
    );
  });

  it('is accepted when a process died while making it', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'data.mdb'), '');
    const registry = new LmdbRegistry({ folder, durable: true });
    await registry.open();
    await registry.create(uploadRecord());
    await registry.close();
    expect(await listFiles(folder)).toEqual(['data.mdb', 'lock.mdb']);
  });

  it('may be opened and closed by many at once', async () => {
    const record = uploadRecord({ length: 0 });
    const first = new LmdbRegistry({ folder, durable: true });
    await first.open();
    await first.create(record);
    await first.close();
    const count = async () => {
      const registry = new LmdbRegistry({ folder, durable: true });
      await registry.open();
      await registry.change(record.id, (it) => ({
        record: { ...it, length: (it.length ?? 0) + 1 },
      }));
      await registry.close();
    };
    await Promise.all(Array.from({ length: 20 }, count));
    await first.open();
    expect((await first.get(record.id))?.length).toBe(20);
    await first.close();
  });

  it('is for this user only, with all that is in it', async () => {
    const registry = new LmdbRegistry({ folder, durable: true });
    await registry.open();
    await registry.create(uploadRecord());
    await registry.close();

    const paths = [folder, join(folder, 'data.mdb'), join(folder, 'lock.mdb')];
    const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  it('is used by as many processes as can be, and the next one is told so', async () => {
    const first = new LmdbRegistry({ folder, durable: false });
    await first.open();
    await first.close();
    const root = openLmdb({ path: folder, noSubdir: false, noSync: true, overlappingSync: false });
    const readers = root.openDB<number, string>({ name: 'readers' });
    // A reader is a place in a table; each version of the data that is read takes another one.
    const taken: { done(): void }[] = [];
    const takeAll = (): never => {
      for (;;) {
        readers.putSync('version', taken.length);
        root.resetReadTxn();
        taken.push(root.useReadTransaction());
      }
    };
    expect(takeAll).toThrow('MDB_READERS_FULL');
    expect(taken.length).toBeGreaterThanOrEqual(1024);

    const registry = new LmdbRegistry({ folder, durable: false });
    await expect(registry.open()).rejects.toThrow(UnfitFolderError);
    await expect(registry.open()).rejects.toThrow(/As many processes as can be.*1024.*tmpFileDir/);

    for (const reader of taken) reader.done();
    await root.close();
    await registry.open();
    await registry.create(uploadRecord());
    await registry.close();
  });

  describe('that is lost', () => {
    let isLost: boolean;
    let registry: LmdbRegistry;
    beforeEach(async () => {
      isLost = false;
      const watch = folderThat(() => isLost);
      registry = new LmdbRegistry({ folder, durable: true, watch });
      await registry.open();
    });
    afterEach(() => registry.close());

    it('tells nothing, takes nothing, and has lost nothing when it is back', async () => {
      const [before, meanwhile] = [uploadRecord(), uploadRecord()];
      await registry.create(before);
      isLost = true;

      await expect(registry.get(before.id)).rejects.toThrow(FolderLostError);
      await expect(registry.list({})).rejects.toThrow(FolderLostError);
      await expect(registry.create(meanwhile)).rejects.toThrow(FolderLostError);
      await expect(registry.forget(before.id, before.dueAt ?? 0)).rejects.toThrow(FolderLostError);

      isLost = false;
      expect(await registry.get(before.id)).toEqual(before);
      expect(await registry.get(meanwhile.id)).toBeUndefined();
      await registry.create(meanwhile);
    });

    it('acknowledges no write in the middle of which it was lost', async () => {
      const record = uploadRecord();
      const losing = registry.create(record, () => {
        isLost = true;
        return record;
      });

      await expect(losing).rejects.toThrow(FolderLostError);
    });
  });
});
