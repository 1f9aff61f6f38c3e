import { open } from 'lmdb';
import type { UploadRecord } from '../../../lib/registry/index.js';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { allPages, uploadRecord } from './records.js';

/** The kinds of uploads, and what version 0.1 has written of them: the header alone. */
const EARLIER: [UploadRecord['kind'], Partial<UploadRecord>][] = [
  [undefined, {}],
  ['partial', { concat: 'partial' }],
  ['final', { concat: 'final;/files/a /files/b' }],
  ['final', { concat: 'final;', state: 'finished', endedAt: 1_700_000_000_001 }],
];

/** Where version 0.1 has said that a file lies, and what is said of it now. */
const PLACES: [Partial<UploadRecord>, Partial<UploadRecord>][] = [
  [{ filePath: 'a/b' }, { filePath: 'a/b' }],
  [{ filePath: 'a/b', state: 'quarantined' }, { filePath: 'a/b' }],
  [{ filePath: 'a/b', state: 'finished' }, { stored: { path: 'a/b' } }],
  [{ filePath: 'a/b', state: 'terminated' }, { stored: { path: 'a/b' } }],
  [{ filePath: 'a/b', state: 'finished', movedTo: '/elsewhere' }, {}],
  [{ state: 'finished' }, {}],
];

describe('records of an earlier version', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(folder));

  it.each(PLACES)('of %j tell where a file lies as %j', async (told, now) => {
    const earlier = uploadRecord(told);
    const registry = new LmdbRegistry({ folder, durable: false });
    await registry.open();
    await registry.create(earlier);
    const { filePath: _filePath, ...rest } = earlier;
    expect(await registry.get(earlier.id)).toEqual({ ...rest, ...now });
    await registry.close();
  });

  it.each(EARLIER)('are read as %p of %j', async (kind, told) => {
    const earlier = uploadRecord(told);
    const registry = new LmdbRegistry({ folder, durable: false });
    await registry.open();
    await registry.create(earlier);

    const read = { ...earlier, ...(kind && { kind }) };
    expect(await registry.get(earlier.id)).toEqual(read);
    expect(await registry.due(Infinity, 10)).toEqual([read]);
    expect((await allPages((cursor) => registry.list({ cursor }))).items).toEqual([read]);
    await registry.change(earlier.id, (record) => ({ record: { ...record, owner: 'me' } }));
    await registry.close();

    const root = open({ path: folder, maxDbs: 32 });
    const row = root.openDB({ name: 'uploads', encoding: 'json' }).get(earlier.id) as object;
    await root.close();
    expect(row).toEqual({ ...read, owner: 'me' });
  });
});
