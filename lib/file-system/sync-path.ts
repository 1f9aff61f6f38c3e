import { close, fsync, open } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../errors/index.js';

// The handles of `node:fs/promises` cannot sync where Yarn's Plug'n'Play has patched them.
const openFile = promisify(open);
const syncFile = promisify(fsync);
const closeFile = promisify(close);

/** What Windows, some file systems, and a folder that may not be read answer to a flush. */
const UNSYNCABLE = ['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

/** Puts a file's bytes on disk. */
export function syncBytes(path: string): Promise<void> {
  return sync(path, 'r+');
}

/** Puts a folder's list of files on disk, where the system offers that. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await sync(path, 'r');
  } catch (error) {
    if (!hasCode(error, ...UNSYNCABLE)) throw error;
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const fd = await openFile(path, flags);
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}
