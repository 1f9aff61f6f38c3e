import { chmod, lstat, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../errors/index.js';

/** What is for one user only: a folder, and a file. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** The rights of all others, and those of the owner. */
const OTHERS = 0o077;
const OWNER = 0o7700;

/** Makes a folder for this user only, with those around it; nothing happens when it is there. */
export async function makeOwnFolder(folder: string): Promise<void> {
  try {
    // With `recursive` Node says that there is no folder where there is no room for one.
    await mkdir(folder, PRIVATE_FOLDER);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    else if (!(await isFolder(folder))) throw error;
  }
}

/**
 * Makes a folder for this user only. If it is there, belongs to this user and is open to others, it
 * and what is in it are narrowed. What belongs to another user is left as it is.
 *
 * @returns whether anything was narrowed
 */
export async function makePrivateFolder(folder: string): Promise<boolean> {
  await makeOwnFolder(folder);
  const path = await realpath(folder);
  if (!(await narrow(path))) return false;
  const names = await readdir(path);
  // Files that come and go meanwhile are another process's, which makes them narrow.
  await Promise.allSettled(names.map((name) => narrow(join(path, name))));
  return true;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function narrow(path: string): Promise<boolean> {
  const found = await lstat(path);
  const isOurs = found.uid === process.geteuid?.() && !found.isSymbolicLink();
  if (!isOurs || (found.mode & OTHERS) === 0) return false;
  return chmod(path, found.mode & OWNER).then(
    () => true,
    // Some file systems have the same rights for everything.
    () => false,
  );
}
