import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../../../lib/folder/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

describe('makePrivateFolder()', () => {
  let around: string;
  beforeEach(async () => {
    around = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(around));

  const modeOf = async (...path: string[]): Promise<string> =>
    ((await stat(join(around, ...path))).mode & 0o7777).toString(8);

  it('makes a folder for this user only', async () => {
    expect(await makePrivateFolder(join(around, '.tus'))).toBe(false);

    expect(await modeOf('.tus')).toBe('700');
  });

  it('narrows one that others could read, with what is in it', async () => {
    const folder = join(around, '.tus');
    await mkdir(join(folder, 'processes'), { recursive: true, mode: 0o755 });
    await writeFile(join(folder, 'data.mdb'), '');
    await chmod(join(folder, 'data.mdb'), 0o664);

    expect(await makePrivateFolder(folder)).toBe(true);

    expect(await modeOf('.tus')).toBe('700');
    expect(await modeOf('.tus', 'processes')).toBe('700');
    expect(await modeOf('.tus', 'data.mdb')).toBe('600');
    expect(await makePrivateFolder(folder)).toBe(false);
  });

  it('narrows where a link leads, and nothing that links in the folder lead to', async () => {
    await mkdir(join(around, 'registry'), { mode: 0o755 });
    await writeFile(join(around, 'theirs'), '', { mode: 0o644 });
    await symlink(join(around, 'theirs'), join(around, 'registry', 'link'));
    await symlink(join(around, 'registry'), join(around, '.tus'));

    expect(await makePrivateFolder(join(around, '.tus'))).toBe(true);

    expect(await modeOf('registry')).toBe('700');
    expect(await modeOf('theirs')).toBe('644');
  });
});
