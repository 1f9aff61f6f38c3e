import { readdir, rm, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { NoSpaceError } from '../../../lib/errors/index.js';
import { DiskReserve } from '../../../lib/folder/index.js';
import { eventually } from '../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

const MB = 1024 * 1024;

describe('The reserve of a disk', () => {
  let parent: string;
  let folder: string;
  let heard: string[];
  let reserve: DiskReserve;
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, 'reserve');
    heard = [];
    reserve = new DiskReserve(folder, {
      full: () => void heard.push('full'),
      roomAgain: () => void heard.push('room'),
    });
    reserve.begin();
  });
  afterEach(async () => {
    reserve.end();
    await removeTempFolder(parent);
  });

  async function kept(): Promise<number> {
    const names = await readdir(folder);
    const missing = () => ({ blocks: 0 });
    const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(missing)));
    // What is counted is what is really taken of the disk.
    return found.reduce((bytes, { blocks }) => bytes + blocks * 512, 0);
  }

  /** Finds room only while the reserve is given up. */
  async function work(): Promise<string> {
    if ((await kept()) > 0) throw new NoSpaceError();
    return 'done';
  }

  it('is a megabyte of several files, for this user only', async () => {
    expect(await kept()).toBeGreaterThanOrEqual(MB);
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThan(4);
    for (const path of [folder, ...names.map((name) => join(folder, name))]) {
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
    expect(heard).toEqual([]);
  });

  it('is given up for what finds no room, is made again at once, and both is told', async () => {
    expect(await reserve.spend(work)).toBe('done');

    expect(await kept()).toBeGreaterThanOrEqual(MB);
    expect(heard).toEqual(['full']);
    await eventually(() => expect(heard).toEqual(['full', 'room']));
  });

  it('is given up for each of several works, also for one within another', async () => {
    const nested = () => reserve.spend(work);

    const all = [reserve.spend(nested), reserve.spend(work), nested()];
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
    expect(await kept()).toBeGreaterThanOrEqual(MB);
  });

  it('is given up at once for what cannot wait', async () => {
    let tries = 0;
    const result = reserve.spendSync(() => {
      tries++;
      if (tries === 1) throw new NoSpaceError();
      return tries;
    });

    expect(result).toBe(2);
    expect(await kept()).toBeGreaterThanOrEqual(MB);
  });

  it.each(['ENOSPC', 'EDQUOT'] as const)('is given up for what fails with %s', async (code) => {
    const errno = { ENOSPC: -28, EDQUOT: -122 }[code];
    const cause = Object.assign(new Error(code), { errno });
    for (const error of [cause, new Error('wrapped', { cause })]) {
      let tries = 0;
      const failing = async () => {
        if (++tries === 1) throw error;
        return 'done';
      };
      expect(await reserve.spend(failing)).toBe('done');
    }
  });

  it('is kept where something else goes wrong', async () => {
    const before = await stat(join(folder, '0'));
    const error = Object.assign(new Error('EIO'), { errno: -5 });

    await expect(reserve.spend(() => Promise.reject(error))).rejects.toBe(error);

    expect((await stat(join(folder, '0'))).ino).toBe(before.ino);
    expect(heard).toEqual([]);
  });

  it('passes on that there is no room even so, and is made again', async () => {
    const error = new NoSpaceError();

    await expect(reserve.spend(() => Promise.reject(error))).rejects.toBe(error);

    expect(await kept()).toBeGreaterThanOrEqual(MB);
  });

  it('is for nothing else while it is given up', async () => {
    expect(() => reserve.assertWhole()).not.toThrow();
    await reserve.spend(async () => {
      const done = await work();
      expect(() => reserve.assertWhole()).toThrow(NoSpaceError);
      return done;
    });
    expect(() => reserve.assertWhole()).not.toThrow();
  });

  it('that was made in part is completed', async () => {
    await rm(join(folder, '1'));
    await truncate(join(folder, '2'), 10);

    reserve.begin();

    expect(await kept()).toBeGreaterThanOrEqual(MB);
  });

  it('is left out where it cannot be made, and there is room', async () => {
    reserve.end();
    await rm(parent, { recursive: true });

    reserve.begin();

    expect(heard).toEqual([]);
    expect(() => reserve.assertWhole()).not.toThrow();
  });

  it('that finds no room is told of, keeps others off, and is made once there is some', async () => {
    const file = join(folder, '3');
    await rm(file);
    await symlink('/dev/full', file);
    reserve.begin();
    expect(heard).toEqual(['full']);
    expect(() => reserve.assertWhole()).toThrow(NoSpaceError);

    await rm(file);
    expect(() => reserve.assertWhole()).not.toThrow();
    expect(await kept()).toBeGreaterThanOrEqual(MB);
    await eventually(() => expect(heard).toEqual(['full', 'room']));
  });
});
