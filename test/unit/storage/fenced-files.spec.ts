import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answerKey, CLEANUP_KEY, uploadKey } from '../../../lib/cluster/index.js';
import { UploadFencedError } from '../../../lib/errors/index.js';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { FencedFiles } from '../../../lib/uploads/index.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from '../registry/records.js';
import { KeptRecords, newId } from '../../support/kept-records.js';

const PATH = join('sub', 'video.mp4');

describe('The file of an upload that was taken from a process', () => {
  let folder: string;
  let isLost: boolean;
  /** Of the process that took it, and of the one that lost it. */
  let storage: DiskStorage;
  let late: DiskStorage;
  let records: KeptRecords;
  let id: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    isLost = false;
    records = new KeptRecords();
    storage = new DiskStorage({ folder, records, fileMode: 0o640 });
    const fence = { hasLost: (key: string) => isLost && key === id };
    late = new DiskStorage({ folder, records, fence });
    id = newId();
  });
  afterEach(() => removeTempFolder(folder));

  const upload = () => records.of(id);

  async function store(text: string): Promise<void> {
    const writer = await storage.openWriter(upload());
    await writer.write([Buffer.from(text)]);
    await writer.close();
  }

  const textOf = () => readFile(storage.files.path(upload()), 'utf8');
  const inodeOf = async () => (await stat(storage.files.path(upload()))).ino;

  it('does not change by what that process still writes to the one it has open', async () => {
    await store('abcd');
    const writer = await late.openWriter(upload());
    await writer.write([Buffer.from('ef')]);

    await storage.fence(upload());
    await writer.write([Buffer.from('LATE')]);
    await writer.truncate(1);
    await writer.close();

    expect(await textOf()).toBe('abcdef');
    expect((await stat(storage.files.path(upload()))).mode & 0o777).toBe(0o640);
    expect(await listFiles(folder)).toEqual([id]);
  });

  it('is there, and empty, where there was none, so that none is made late', async () => {
    const writer = await late.openWriter(upload());

    await storage.fence(upload());

    await expect(writer.write([Buffer.from('LATE')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await textOf()).toBe('');
  });

  it('stays what it is, when that process can be seen not to have it open', async () => {
    await store('abcd');
    const before = await inodeOf();
    // Held open by this process.
    const handle = await open(storage.files.path(upload()));
    try {
      await storage.fence(upload(), 1);
      const isTold = process.platform === 'linux' && process.geteuid?.() === 0;
      expect((await inodeOf()) === before).toBe(isTold);
      const between = await inodeOf();
      await storage.fence(upload(), process.pid);
      expect(await inodeOf()).not.toBe(between);
    } finally {
      await handle.close();
    }
    expect(await textOf()).toBe('abcd');
  });

  it('is not opened, made, placed, moved or removed by that process any more', async () => {
    await store('abcd');
    const other = newId();
    const writer = await late.openWriter(records.of(other));
    isLost = true;
    const calls = [
      () => late.openWriter(upload()),
      () => late.finish({ ...upload(), filePath: PATH }),
      () => late.tidy({ ...upload(), filePath: PATH }),
      () => late.tidy({ ...upload(), state: 'finished', stored: { path: PATH } }),
      () => late.move(upload(), join(folder, 'moved')),
      () => late.remove(upload()),
      () => late.remove({ ...upload(), state: 'terminated', stored: { path: PATH } }),
      () => late.setAside(upload()),
      () => late.concatenate(upload(), [records.of(other)]),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(UploadFencedError);
    expect(await listFiles(folder)).toEqual([id]);
    expect(await textOf()).toBe('abcd');

    id = other;
    await expect(writer.write([Buffer.from('LATE')])).rejects.toThrow(UploadFencedError);
    expect(await textOf()).toBe('');
  });

  describe('with its record', () => {
    let registry: LmdbRegistry;
    let files: FencedFiles;
    beforeEach(async () => {
      registry = new LmdbRegistry({ folder: join(folder, '.tus'), durable: false });
      await registry.open();
      files = new FencedFiles(registry, storage);
      await store('abcd');
    });
    afterEach(() => registry.close());

    it('is a new one only while the upload is received, and loses the path it was placed at', async () => {
      await registry.create(uploadRecord({ id, filePath: PATH }));
      await storage.finish({ ...upload(), filePath: PATH });
      const before = await inodeOf();

      await files.fence(uploadKey(id));

      expect(await inodeOf()).not.toBe(before);
      expect(await stat(join(folder, PATH)).catch(() => undefined)).toBeUndefined();
      await registry.change(id, (record) => ({ record: { ...record, state: 'finished' } }));
      const finished = await inodeOf();
      await files.fence(uploadKey(id));
      expect(await inodeOf()).toBe(finished);
    });

    it('is of no concern to what is no upload', async () => {
      await writeFile(join(folder, 'theirs'), '');

      const keys = [CLEANUP_KEY, answerKey(id), uploadKey('theirs'), uploadKey(newId())];
      for (const key of keys) await files.fence(key);

      expect(await listFiles(folder)).toEqual(expect.arrayContaining([id, 'theirs']));
    });
  });
});
