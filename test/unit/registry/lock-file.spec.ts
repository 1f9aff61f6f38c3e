import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from './records.js';

/** Bytes that LMDB gives the lock file of 1,024 readers, on Linux with glibc. */
const BYTES = 65_744;

describe('The lock file of a registry', () => {
  let parent: string;
  let folder: string;
  let path: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, '.tus');
    path = join(folder, 'lock.mdb');
  });
  afterEach(() => removeTempFolder(parent));

  async function openOnce(): Promise<void> {
    const registry = new LmdbRegistry({ folder, durable: false });
    await registry.open();
    await registry.create(uploadRecord());
    await registry.close();
  }

  /** Whether a full disk has nothing left to refuse. */
  async function hasHoles(): Promise<boolean> {
    const { blocks, size } = await stat(path);
    return blocks * 512 < size;
  }

  /** As an earlier version leaves it. */
  async function makeSparse(): Promise<void> {
    await openOnce();
    await rm(path);
    const root = openLmdb({ path: folder, noSubdir: false, maxReaders: 1024 });
    root.resetReadTxn();
    await root.close();
    expect((await stat(path)).size).toBe(BYTES);
    expect(await hasHoles()).toBe(true);
  }

  it('takes all its room when it is made, and leaves nothing else', async () => {
    await openOnce();

    expect(await hasHoles()).toBe(false);
    expect(await listFiles(folder)).toEqual(['data.mdb', 'lock.mdb']);
  });

  it('of an earlier version, or after the loss of the machine, gets all its room', async () => {
    await makeSparse();

    await openOnce();

    expect(await hasHoles()).toBe(false);
    expect((await stat(path)).size).toBe(BYTES);
  });

  it('is filled where no reader has anything', async () => {
    await makeSparse();
    // Some readers have all that LMDB writes of them, in the first of their 64 bytes each.
    const readers = Buffer.alloc(16_384);
    for (let at = 0; at < readers.length; at += 64) readers.fill(0xff, at, at + 24);
    const position = BYTES - 2 * readers.length;
    const file = await open(path, 'r+');
    await file.write(readers, 0, readers.length, position);
    await file.close();
    expect(await hasHoles()).toBe(true);

    await openOnce();

    const found = await readFile(path);
    expect(found.subarray(position, position + readers.length).equals(readers)).toBe(true);
    expect(await hasHoles()).toBe(false);
  });

  it('that this process has open is left as it is, for its locks would be lost', async () => {
    await makeSparse();
    const root = openLmdb({ path: folder, noSubdir: false, maxReaders: 1024, noSync: true });
    root.resetReadTxn();

    await openOnce();

    expect(await hasHoles()).toBe(true);
    await root.close();
  });

  it('is made once where several start at the same time', async () => {
    await Promise.all([openOnce(), openOnce(), openOnce()]);

    expect(await hasHoles()).toBe(false);
    expect(await listFiles(folder)).toEqual(['data.mdb', 'lock.mdb']);
  });
});
