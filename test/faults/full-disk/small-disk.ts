import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

const run = promisify(execFile);

/** File systems of small disks: one in memory, and one that stores what is changed somewhere else. */
export type SmallDiskKind = 'tmpfs' | 'btrfs';

/** Mount a small disk at `$0` that only this command sees, and run the rest on it. */
const ON_SMALL_DISK: Readonly<Record<SmallDiskKind, string>> = {
  tmpfs: 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"',
  btrfs:
    'truncate -s 24M "$0.img" && mkfs.btrfs -q --mixed "$0.img" && ' +
    'mount -o loop "$0.img" "$0" && exec "$@"',
};

/** A way to run a command on a disk of its own, which vanishes with the command. */
export type SmallDisk = (command: (disk: string, folder: string) => string[]) => Promise<string>;

/**
 * Finds a way to mount small disks: as root, or as any user where Linux lets users have mounts of
 * their own. `undefined` where there is none, as on other systems.
 */
export async function findSmallDisk(kind: SmallDiskKind): Promise<SmallDisk | undefined> {
  for (const options of ['-m', '-rm']) {
    const disk = smallDisk(options, kind);
    const works = await disk(() => ['true']).then(
      () => true,
      () => false,
    );
    if (works) return disk;
  }
  return undefined;
}

function smallDisk(options: string, kind: SmallDiskKind): SmallDisk {
  return async (command) => {
    const folder = await makeTempFolder();
    const disk = join(folder, 'disk');
    await mkdir(disk);
    try {
      const args = [options, 'sh', '-c', ON_SMALL_DISK[kind], disk, ...command(disk, folder)];
      return (await run('unshare', args, { maxBuffer: 64 * 1024 * 1024 })).stdout;
    } finally {
      await removeTempFolder(folder);
    }
  };
}
