import { randomBytes } from 'node:crypto';
import { lstat, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../errors/index.js';
import { syncFolder } from '../../file-system/index.js';
import { toStorageError } from './disk.errors.js';
import { makeFolder } from './folders.js';
import { moveFile } from './move-file.js';

/**
 * Moves what lies at a path, whatever it is, into a folder, where nothing is ever overwritten.
 *
 * @param folder on the same device; made, with a mode, when it is not there
 * @returns where it is now; `undefined` when there was nothing
 * @throws NoSpaceError
 */
export async function putAside(
  path: string,
  folder: string,
  folderMode: number,
): Promise<string | undefined> {
  const place = join(folder, basename(path));
  try {
    const isFile = (await lstat(path)).isFile();
    if (isFile && (await isMoved(path, place, folderMode))) return place;
    return await renameTo(path, `${place}-${randomBytes(4).toString('hex')}`, folderMode);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw toStorageError(error);
  }
}

/** @returns `false` when something was put aside under that name before */
async function isMoved(path: string, place: string, folderMode: number): Promise<boolean> {
  try {
    await moveFile(path, place, folderMode);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** What is no file can be renamed only, and what has no other name need not be protected. */
async function renameTo(path: string, place: string, folderMode: number): Promise<string> {
  await makeFolder(dirname(place), folderMode);
  await rename(path, place);
  await syncFolder(dirname(place));
  await syncFolder(dirname(path));
  return place;
}
