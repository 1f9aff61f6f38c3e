import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/index.js';
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
      await registry.close();
      expect(await listFiles(folder)).toEqual(['data.mdb']);
    },
  );

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
});
