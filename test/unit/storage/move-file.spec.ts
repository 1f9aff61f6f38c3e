import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveFile } from '../../../lib/storage/disk/move-file.js';
import { otherDevice } from './other-device.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

describe('moving a file to another device', () => {
  let here: string;
  let there: string;
  let source: string;
  const content = Buffer.alloc(3_000_000, 'tus');
  beforeEach(async () => {
    here = await makeTempFolder();
    there = (await otherDevice(here)) ?? join(here, 'there');
    await mkdir(there, { recursive: true });
    source = join(here, 'source');
    await writeFile(source, content);
  });
  afterEach(async () => {
    await removeTempFolder(there);
    await removeTempFolder(here);
  });

  it('copies it, and leaves neither the old name nor one in between', async () => {
    const target = join(there, 'deep', 'target');
    await moveFile(source, target);
    expect(content.equals(await readFile(target))).toBe(true);
    expect(await listFiles(there)).toEqual([join('deep', 'target')]);
    await expect(stat(source)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('never overwrites, and leaves nothing behind', async () => {
    const target = join(there, 'target');
    await writeFile(target, 'old');
    await expect(moveFile(source, target)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(target, 'utf8')).toBe('old');
    expect(content.equals(await readFile(source))).toBe(true);
    expect(await listFiles(there)).toEqual(['target']);
  });

  it('is not misled by what an interrupted one left', async () => {
    await writeFile(join(there, '.source.moving'), 'half');
    await moveFile(source, join(there, 'target'));
    expect(content.equals(await readFile(join(there, 'target')))).toBe(true);
    expect(await listFiles(there)).toEqual(['target']);
  });
});
