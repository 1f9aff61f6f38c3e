import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { moveFile } from '../../../lib/storage/disk/move-file.js';
import { describeStorage } from '../../contracts/storage/storage.contract.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from '../registry/records.js';
import { otherDevice } from '../storage/other-device.js';
import { patchHandles } from './patched-handles.js';

describe('where file handles are patched as those of Yarn', () => {
  patchHandles();
  let parent: string;
  beforeEach(async () => {
    parent = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(parent));

  it('a handle cannot sync', async () => {
    const handle = await open(parent, 'r');
    expect(() => handle.sync()).toThrow('not implemented');
    await handle.close();
  });

  describeStorage('the disk storage', async () => {
    const place = await makeTempFolder();
    return {
      storage: (records) => new DiskStorage({ folder: join(place, 'uploads'), records }),
      remove: () => removeTempFolder(place),
    };
  });

  it('the LMDB registry keeps what is on disk', async () => {
    const registry = new LmdbRegistry({ folder: join(parent, '.tus'), durable: true });
    await registry.open();
    const record = uploadRecord();
    await registry.create(record);
    await registry.close();
    await registry.open();
    expect(await registry.get(record.id)).toEqual(record);
    await registry.close();
  });

  it('a file moves to another device', async () => {
    const there = (await otherDevice(parent)) ?? join(parent, 'there');
    try {
      await mkdir(there, { recursive: true });
      await writeFile(join(parent, 'source'), 'bytes');
      await moveFile(join(parent, 'source'), join(there, 'target'));
      expect(await readFile(join(there, 'target'), 'utf8')).toBe('bytes');
    } finally {
      await removeTempFolder(there);
    }
  });
});
