import { constants } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncBytes } from '../../file-system/index.js';
import { removeIfThere } from './move-file.js';

/**
 * Puts a copy of a file in its place, as durable as it was: it may have names elsewhere, made by a
 * backup or something that looks for duplicates, and what is written to one of them is in all.
 */
export async function replaceByCopy(path: string): Promise<void> {
  const copy = join(dirname(path), `.${basename(path)}.moving`);
  await removeIfThere(copy);
  try {
    await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncBytes(copy);
    await rename(copy, path);
  } catch (error) {
    await removeIfThere(copy);
    throw error;
  }
}
