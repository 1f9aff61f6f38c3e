import { constants } from 'node:fs';
import { copyFile, rename, stat, truncate } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncBytes } from '../../file-system/index.js';
import { removeIfThere } from './move-file.js';

/**
 * Puts the first bytes of a file into a new one, flushed, which takes its name; of none, the name goes.
 * To make the names durable is left to the caller.
 *
 * After a flush that failed Linux takes what was not stored for stored, and the next flush says
 * nothing of it. What an earlier flush has covered can still be read, so that is copied.
 *
 * @param size how many bytes an earlier flush has covered
 * @throws Error of the system; the name is then that of the old file still
 */
export async function renewFile(path: string, size: number): Promise<void> {
  if (size === 0) await removeIfThere(path);
  else await replaceByCopy(path, size);
}

/**
 * Puts a copy of a file's first bytes, flushed, in the place of the file. Where the file system can share
 * blocks, that costs no room.
 */
export async function replaceByCopy(path: string, size = Infinity): Promise<void> {
  const copy = join(dirname(path), `.${basename(path)}.renewing`);
  await removeIfThere(copy);
  if ((await stat(path)).size > size) await truncate(path, size);
  try {
    await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncBytes(copy);
    await rename(copy, path);
  } catch (error) {
    // What is left is a remnant.
    await removeIfThere(copy).catch(() => undefined);
    throw error;
  }
}
