import { constants } from 'node:fs';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskCalls } from '../../../lib/file-system/index.js';
import { DiskPace } from '../../../lib/file-system/disk-pace.js';
import { isLocal, mayBeSlow } from '../../../lib/file-system/fast-file-systems.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

describe.each([
  ['on the event loop', false],
  ['in the thread pool', true],
])('calls to a disk %s', (_, isSlow) => {
  let folder: string;
  let calls: DiskCalls;
  beforeEach(async () => {
    folder = await makeTempFolder();
    await writeFile(join(folder, 'file'), 'abc');
    await symlink('file', join(folder, 'link'));
    const pace = new DiskPace();
    if (isSlow) pace.distrust();
    calls = new DiskCalls(pace);
  });
  afterEach(() => removeTempFolder(folder));

  it('are made there', () => {
    expect(calls.lstat(folder) instanceof Promise).toBe(isSlow);
  });

  it('tell what a path leads to, and what lies there', async () => {
    const { ino } = await stat(join(folder, 'file'));

    expect(await calls.stat(join(folder, 'link'))).toMatchObject({ ino, size: 3 });
    expect((await calls.lstat(join(folder, 'link')))?.isSymbolicLink()).toBe(true);
  });

  it.each(['none', 'none/below'])('tell that there is nothing at %s', async (path) => {
    expect(await calls.stat(join(folder, path))).toBeUndefined();
    expect(await calls.lstat(join(folder, path))).toBeUndefined();
  });

  it('fail with the error of the system', async () => {
    await mkdir(join(folder, 'folder'));
    const opening = async () => calls.open(join(folder, 'folder'), constants.O_RDWR);

    await expect(opening()).rejects.toMatchObject({ code: 'EISDIR' });
    await expect((async () => calls.lstat(join(folder, 'file/below')))()).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
    await expect((async () => calls.fstat(100_000))()).rejects.toMatchObject({ code: 'EBADF' });
    await expect((async () => calls.stat(`${folder}/${'x'.repeat(300)}`))()).rejects.toMatchObject({
      code: 'ENAMETOOLONG',
    });
  });

  it('open, look and close', async () => {
    const fd = await calls.open(join(folder, 'file'), constants.O_RDONLY);
    expect((await calls.fstat(fd)).size).toBe(3);
    await calls.close(fd);
    await expect((async () => calls.fstat(fd))()).rejects.toMatchObject({ code: 'EBADF' });
  });
});

describe('where a disk may be slow', () => {
  const ofType = (type: number) => () => Promise.resolve({ type });

  it.each([
    ['ext4', 0xef53],
    ['XFS', 0x58465342],
    ['btrfs', 0x9123683e],
    ['btrfs on 32 bits', 0x9123683e | 0],
    ['tmpfs', 0x01021994],
    ['overlayfs', 0x794c7630],
  ])('%s is known to be fast', async (_, type) => {
    expect(await mayBeSlow('/x', ofType(type), 'linux')).toBe(false);
    expect(await isLocal('/x', ofType(type), 'linux')).toBe(true);
  });

  it.each([
    ['FUSE, and with it virtiofs', 0x65735546],
    ['NFS', 0x6969],
    ['SMB', 0xfe534d42],
    ['9P', 0x01021997],
    ['what nobody has heard of', 0x12345678],
  ])('%s is not known to be fast', async (_, type) => {
    expect(await mayBeSlow('/x', ofType(type), 'linux')).toBe(true);
    expect(await isLocal('/x', ofType(type), 'linux')).toBe(false);
  });

  it('nothing is told of other systems, which number them otherwise', async () => {
    expect(await mayBeSlow('/x', ofType(0x6969), 'darwin')).toBe(false);
    expect(await isLocal('/x', ofType(0xef53), 'darwin')).toBe(false);
  });

  it('is asked of the system', async () => {
    const calls = new DiskCalls();
    await calls.examine('/proc');
    expect(calls.lstat('/proc') instanceof Promise).toBe(process.platform === 'linux');
  });
});
