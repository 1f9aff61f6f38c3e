import { lstat, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../errors/index.js';
import { toStorageError } from './disk.errors.js';
import { removeIfThere } from './move-file.js';

/**
 * Takes a path from a file that is to be removed, by giving it its first name back.
 *
 * What is under the first name afterwards, the file or, where that is on another device, an empty
 * one, says that the path is free: repeated, this touches nothing at the path, where another file
 * may lie by then. Nothing happens when there is no file.
 *
 * @param path where the file lies
 * @param firstName an absolute path
 * @throws Error `EISDIR` when a folder lies at the path
 * @throws NoSpaceError when the names are on two devices, and there is no room for an empty file
 */
export async function reclaimFile(path: string, firstName: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(firstName)}.removing`);
  try {
    if (!(await isThere(firstName))) await giveBack(path, firstName, aside);
    await removeIfThere(aside);
  } catch (error) {
    throw toStorageError(error);
  }
}

async function giveBack(path: string, firstName: string, aside: string): Promise<void> {
  if (await isThere(aside)) return leaveMark(firstName);
  if (!(await isThere(path))) return;
  try {
    await rename(path, firstName);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    // A file that is to go need not be copied to the other device first.
    await rename(path, aside);
    await leaveMark(firstName);
  }
}

function leaveMark(firstName: string): Promise<void> {
  return writeFile(firstName, '', { flag: 'wx' });
}

/** Whether there is a file of that name. */
async function isThere(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (!stats.isDirectory()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw Object.assign(new Error(`EISDIR: a folder lies at ${path}`), { code: 'EISDIR' });
}
