import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What a folder is, whatever it is called: the same for all its paths, through symbolic links, bind
 * mounts and spellings that a disk takes for one.
 *
 * @throws Error of the system when it is not there
 */
export async function identityOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  // Some file systems number nothing.
  return ino === 0n ? realpath(folder) : `${dev}:${ino}`;
}

/** What a folder is, and all folders around it, from the inside out. */
export async function lineageOf(folder: string): Promise<string[]> {
  const path = await realpath(folder);
  const parent = dirname(path);
  const self = await identityOf(path);
  return parent === path ? [self] : [self, ...(await lineageOf(parent))];
}
