import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync, renameSync } from 'node:fs';
import { link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLostError } from '../../../lib/errors/index.js';
import { FolderWatch } from '../../../lib/folder/index.js';
import { eventually } from '../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

describe('A FolderWatch', () => {
  let folder: string;
  let witness: string;
  let opened: number;
  let heard: string[];
  /** Whose request it was when something was heard. */
  const request = new AsyncLocalStorage<string>();
  const requests = new Set<string | undefined>();
  let watch: FolderWatch;
  beforeEach(async () => {
    folder = await makeTempFolder();
    await mkdir(join(folder, 'uploads'));
    witness = join(folder, 'uploads', 'data');
    await writeFile(witness, 'data');
    opened = openSync(witness, 'r');
    heard = [];
    const hear = (what: string) => {
      heard.push(what);
      requests.add(request.getStore());
    };
    requests.clear();
    watch = new FolderWatch(witness, { lost: hear, back: () => hear('back') });
    watch.begin();
  });
  afterEach(async () => {
    watch.end();
    closeSync(opened);
    await removeTempFolder(folder);
  });

  const isSame = (): boolean => {
    try {
      watch.assertSame();
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(FolderLostError);
      return false;
    }
  };

  it('sees the folder as long as its file is there, whatever is written to it', async () => {
    expect(isSame()).toBe(true);
    await writeFile(witness, 'other data');
    await link(witness, join(folder, 'second name'));

    expect(isSame()).toBe(true);
    expect(heard).toEqual([]);
  });

  it('misses a file that is not there, and says so once', async () => {
    await rm(join(folder, 'uploads'), { recursive: true });

    expect([isSame(), isSame(), isSame()]).toEqual([false, false, false]);
    expect(heard).toEqual([`${witness} is not there`]);
  });

  it('says so in the context it was made in, whichever request misses it', async () => {
    renameSync(witness, `${witness}.aside`);
    request.run('one', isSame);
    renameSync(`${witness}.aside`, witness);
    request.run('another', isSame);

    expect(heard).toEqual([`${witness} is not there`, 'back']);
    expect([...requests]).toEqual([undefined]);
  });

  it('knows another file by the same name, also one that was made at once', async () => {
    for (let round = 0; round < 10; round++) {
      await rm(witness);
      await writeFile(witness, 'data');
      expect(isSame()).toBe(false);
    }
    expect(heard).toEqual([`${witness} is another file`]);
  });

  it('says what the system has against looking', async () => {
    await rm(join(folder, 'uploads'), { recursive: true });
    await symlink('uploads', join(folder, 'uploads'));

    expect(isSame()).toBe(false);
    expect(heard).toEqual([expect.stringContaining('ELOOP')]);
  });

  it('goes on when it is asked and the folder is back, however often it was lost', async () => {
    for (let round = 0; round < 3; round++) {
      await rename(join(folder, 'uploads'), join(folder, 'elsewhere'));
      expect(isSame()).toBe(false);
      await rename(join(folder, 'elsewhere'), join(folder, 'uploads'));
      expect([isSame(), isSame()]).toEqual([true, true]);
    }
    expect(heard.filter((each) => each === 'back')).toHaveLength(3);
    expect(heard).toHaveLength(6);
  });

  it('finds a folder that is back by itself', async () => {
    await rename(join(folder, 'uploads'), join(folder, 'elsewhere'));
    expect(isSame()).toBe(false);
    await rename(join(folder, 'elsewhere'), join(folder, 'uploads'));

    await eventually(() => expect(heard.at(-1)).toBe('back'));
    expect(isSame()).toBe(true);
    expect(heard).toHaveLength(2);
  });

  it('looks once for all who ask in a turn, and after all that they saw in it', async () => {
    const before = watch.confirm();
    renameSync(witness, join(folder, 'elsewhere'));
    const after = watch.confirm();

    expect(after).toBe(before);
    await expect(after).rejects.toThrow(FolderLostError);

    renameSync(join(folder, 'elsewhere'), witness);
    expect(watch.confirm()).not.toBe(before);
    await watch.confirm();
  });

  it('minds nothing before it begins, and after its end', async () => {
    watch.end();
    await rm(witness);

    expect(isSame()).toBe(true);
    expect(heard).toEqual([]);
  });
});
