import { constants } from 'node:fs';
import { copyFile, link, lstat, realpath, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { hasCode } from '../../errors/index.js';
import { syncBytes, syncFolder } from '../../file-system/index.js';
import { toStorageError } from './disk.errors.js';
import { makeFolder } from './folders.js';

/** What file systems without hard links answer to one. */
const NO_LINKS = ['EISDIR', 'EMLINK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'];

/**
 * Moves a file, also to another device, without ever overwriting one.
 *
 * At every moment one of the two names has the whole file; a move that was interrupted is
 * completed by the next one.
 *
 * @param source a file whose name no other has, in any folder
 * @param target an absolute path
 * @param folderMode that of folders which are made for it; by the umask unless given
 * @param leave takes the source's name from the file, once the other one is durable
 * @throws StorageFaultError when the disk fails; the file is then where it was
 */
export async function moveFile(
  source: string,
  target: string,
  folderMode?: number,
  leave = () => removeIfThere(source),
): Promise<void> {
  if (!isAbsolute(target)) throw new TypeError('An upload can only be moved to an absolute path.');
  try {
    await makeFolder(dirname(target), folderMode);
    if (!(await isOneName(source, target))) await moveTo(source, target, leave);
  } catch (error) {
    throw toStorageError(error);
  }
}

/**
 * Lets a file be found under a further name too, and makes that durable; where the file system has
 * no second names, a copy is.
 *
 * @param folderMode that of folders which are made for it; by the umask unless given
 * @throws Error `EEXIST` when the name is another file's
 * @throws NoSpaceError when there is no room for a copy
 * @throws StorageFaultError when the disk fails; the file then has its first name only
 */
export async function placeFile(
  source: string,
  target: string,
  folderMode?: number,
): Promise<void> {
  try {
    await makeFolder(dirname(target), folderMode);
    // One that was given before may not be on disk, whatever the next flush says.
    await removeOtherName(source, target);
    await link(source, target).catch((error: unknown) => {
      if (!hasCode(error, ...NO_LINKS, 'EXDEV')) throw error;
      return placeCopy(source, join(dirname(target), `.${basename(source)}.moving`), target);
    });
    await keepName(source, target);
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Removes a further name of a file, if it is one. */
export async function removeOtherName(file: string, name: string): Promise<void> {
  if (await isOneFile(file, name)) await removeIfThere(name);
}

async function moveTo(source: string, target: string, leave: () => Promise<void>): Promise<void> {
  const copy = join(dirname(target), `.${basename(source)}.moving`);
  const isPlaced = !(await isThere(source)) && (await isOneFile(copy, target));
  if (!isPlaced) {
    // What an interrupted move has placed may not be on disk, whatever the next flush says.
    await removeOtherName(source, target);
    await removeOtherName(copy, target);
    await place(source, copy, target);
    await keepName(source, target);
  }
  await leave();
  await removeIfThere(copy);
  // If a lost machine brings the name back, it goes with the record.
  await syncFolder(dirname(source)).catch(() => undefined);
}

/** Makes a name durable; else takes it back, for what a later flush says of it would mean nothing. */
export async function keepName(file: string, name: string): Promise<void> {
  try {
    await syncFolder(dirname(name));
  } catch (error) {
    await takeBack(file, name).catch(() => undefined);
    throw error;
  }
}

/** Where there are no second names, it is the only one. */
async function takeBack(file: string, name: string): Promise<void> {
  if (await isThere(file)) await removeIfThere(name);
  else await rename(name, file);
}

async function place(source: string, copy: string, target: string): Promise<void> {
  try {
    await giveName(source, target);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await placeCopy(source, copy, target);
  }
}

async function placeCopy(source: string, copy: string, target: string): Promise<void> {
  await removeIfThere(copy);
  try {
    await copyFile(source, copy, constants.COPYFILE_EXCL);
    await syncBytes(copy);
    await giveName(copy, target);
  } catch (error) {
    await removeIfThere(copy);
    throw error;
  }
}

/** Gives a file a name that is free, as a second one where the file system can. */
export async function giveName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if (!hasCode(error, ...NO_LINKS)) throw error;
    await renameTo(file, name);
  }
}

/** `rename` overwrites, so the name is taken first, which only one can do. */
async function renameTo(file: string, name: string): Promise<void> {
  await writeFile(name, '', { flag: 'wx' });
  try {
    await rename(file, name);
  } catch (error) {
    await removeIfThere(name);
    throw error;
  }
}

/** Whether two paths lead to the very same name, however they are spelled. */
async function isOneName(a: string, b: string): Promise<boolean> {
  if (!(await isOneFile(a, b))) return false;
  const { nlink } = await lstat(a);
  return nlink === 1 || (await realpath(a)) === (await realpath(b));
}

/** Whether two names are of one file. */
async function isOneFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([identify(a), identify(b)]);
  return left !== undefined && left === right;
}

/** Whether anything lies at a path. */
export async function isThere(path: string): Promise<boolean> {
  return (await identify(path)) !== undefined;
}

async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Removes a file, if there is one. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Removes what lies at a path, unless it is a folder, which no upload's file is. */
export async function removeFile(path: string): Promise<void> {
  try {
    await removeIfThere(path);
  } catch (error) {
    const mayBeFolder = hasCode(error, 'EISDIR', 'EPERM');
    if (!mayBeFolder || !(await lstat(path)).isDirectory()) throw error;
  }
}
