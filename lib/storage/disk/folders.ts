import { chmod, mkdir, realpath, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { syncFolder } from '../../file-system/index.js';

/**
 * Makes a folder with those above it, and makes them durable. Nothing happens when it is there.
 *
 * @param mode that of all folders that are made, whatever the umask; by the umask unless given
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const folder = resolve(path);
  if (await isFolder(folder)) return;

  const parent = dirname(folder);
  await makeFolder(parent, mode);
  try {
    // Not `recursive`: with it Node never returns where a file system takes no folders, as /proc.
    await mkdir(folder, mode);
    if (mode !== undefined) await chmod(folder, mode);
  } catch (error) {
    if (!(await isFolder(folder))) throw error;
  }
  await keepFolder(folder, parent);
}

/** Makes a new folder durable; else removes it, for what a later flush says of it would mean nothing. */
async function keepFolder(folder: string, parent: string): Promise<void> {
  try {
    await syncFolder(parent);
  } catch (error) {
    await rmdir(folder).catch(() => undefined);
    throw error;
  }
}

/** A path without symbolic links, as far as there is something at it. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPath(parent), basename(path));
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => path === dirname(path),
  );
}
