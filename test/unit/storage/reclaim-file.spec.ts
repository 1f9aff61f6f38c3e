import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reclaimFile } from '../../../lib/storage/disk/reclaim-file.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { otherDevice } from './other-device.js';

describe('taking a path on another device from a file', () => {
  let here: string;
  let there: string;
  let path: string;
  let firstName: string;
  beforeEach(async () => {
    here = await makeTempFolder();
    there = (await otherDevice(here)) ?? join(here, 'there');
    await mkdir(there, { recursive: true });
    path = join(there, 'a.txt');
    firstName = join(here, 'source');
    await writeFile(path, 'first');
  });
  afterEach(async () => {
    await removeTempFolder(there);
    await removeTempFolder(here);
  });

  it('leaves something under the first name, and nothing there', async () => {
    await reclaimFile(path, firstName);

    expect(await listFiles(here)).toContain('source');
    expect(await listFiles(there)).toEqual([]);
  });

  it('is completed after an interruption, and touches no file that lies there since', async () => {
    await rename(path, join(there, '.source.removing'));
    await writeFile(path, 'second');

    await reclaimFile(path, firstName);
    await reclaimFile(path, firstName);

    expect(await listFiles(here)).toContain('source');
    expect(await listFiles(there)).toEqual(['a.txt']);
    expect(await readFile(path, 'utf8')).toBe('second');
  });
});
