import { UploadFencedError } from '../../../lib/errors/index.js';
import { LmdbRegistry, LmdbSharedTables } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from './records.js';

const ME = 'this one';
const OTHER = 'another one';

describe('Fences', () => {
  let folder: string;
  let tables: LmdbSharedTables;
  let registry: LmdbRegistry;

  beforeEach(async () => {
    folder = await makeTempFolder();
    tables = new LmdbSharedTables({ folder, durable: true });
    const fence = { hasLost: (key: string) => tables.peekFence(ME, key) !== undefined };
    registry = new LmdbRegistry({ folder, durable: true, fence });
    await registry.open();
    await tables.open();
  });

  afterEach(async () => {
    await registry.close();
    await tables.close();
    await removeTempFolder(folder);
  });

  it('are put up against suspects only', async () => {
    expect(await tables.fence(ME, 'a', OTHER)).toBeUndefined();
    expect(tables.peekFence(ME, 'a')).toBeUndefined();

    await tables.suspect(ME);
    await tables.suspect(ME);

    expect(tables.peekSuspects()).toEqual([ME]);
    expect(await tables.fence(ME, 'a', OTHER)).toBe('begun');
    expect(tables.peekFence(ME, 'a')).toBe('begun');
    await tables.completeFence(ME, 'a', OTHER);
    expect(await tables.fence(ME, 'a', OTHER)).toBe('done');
    expect(tables.peekFence(ME, 'b')).toBeUndefined();
  });

  it('are told to the one they are against, and gone in the same step', async () => {
    await tables.suspect(ME);
    await tables.suspect(OTHER);
    for (const key of ['a', 'b.answer', '.cleanup']) await tables.fence(ME, key, OTHER);
    await tables.fence(OTHER, 'c', ME);
    let told: [string, string][] = [];

    await tables.lift(ME, (fences) => (told = [...fences]));

    expect(told).toEqual([
      ['.cleanup', OTHER],
      ['a', OTHER],
      ['b.answer', OTHER],
    ]);
    expect(tables.peekSuspects()).toEqual([OTHER]);
    expect(tables.peekFence(ME, 'a')).toBeUndefined();
    expect(tables.peekFence(OTHER, 'c')).toBe('begun');
  });

  it('go with a process that is no member any more', async () => {
    for (const suspect of [ME, OTHER]) {
      await tables.suspect(suspect);
      await tables.fence(suspect, 'a', 'a third one');
    }

    await tables.replaceMembers(undefined, { generation: '1', identities: [OTHER] });

    expect(await tables.readSuspects()).toEqual([OTHER]);
    expect(tables.peekFence(ME, 'a')).toBeUndefined();
    expect(tables.peekFence(OTHER, 'a')).toBe('begun');
  });

  it('keep a process from changing and forgetting a record, from the very transaction on', async () => {
    const record = await registry.create(uploadRecord());
    await tables.suspect(ME);
    const before = registry.change(record.id, (current) => ({ record: { ...current, length: 1 } }));
    // All of these share one transaction.
    const fencing = tables.fence(ME, record.id, OTHER);
    const after = registry.change(record.id, (current) => ({ record: { ...current, length: 2 } }));
    const forgetting = registry.forget(record.id, record.dueAt!);

    expect((await before)?.length).toBe(1);
    await fencing;
    await expect(after).rejects.toThrow(UploadFencedError);
    await expect(forgetting).rejects.toThrow(UploadFencedError);
    expect((await registry.get(record.id))?.length).toBe(1);
  });
});
