import { open } from 'node:fs/promises';
import { codeOf } from './lmdb.errors.js';

/** What Windows, some file systems, and a folder that may not be read answer to a flush. */
const UNSYNCABLE = new Set<unknown>(['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

/** Puts a folder's list of files on disk, where the system offers that. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await flush(path);
  } catch (error) {
    if (!UNSYNCABLE.has(codeOf(error))) throw error;
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
