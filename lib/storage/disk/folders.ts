import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode } from './disk.errors.js';

/** What Windows, some file systems, and a folder that may not be read answer to a flush. */
const UNSYNCABLE = ['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

/** Puts a folder's list of files on disk, where the system offers that. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await flush(path);
  } catch (error) {
    if (!hasCode(error, ...UNSYNCABLE)) throw error;
  }
}

/** Makes a folder with those above it, and makes them durable. Nothing happens when it is there. */
export async function makeFolder(path: string): Promise<void> {
  let folder = resolve(path);
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  while (folder !== top && folder !== dirname(folder)) {
    folder = dirname(folder);
    await syncFolder(folder);
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
