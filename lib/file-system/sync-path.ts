import { close, constants, fsync, open } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../errors/index.js';
import type { DiskCalls } from './disk-calls.js';

// The handles of `node:fs/promises` cannot sync where Yarn's Plug'n'Play has patched them.
const syncFile = promisify(fsync);

/** The calls that transfer no bytes, off the event loop. */
const IN_POOL: Pick<DiskCalls, 'open' | 'close'> = {
  open: promisify(open),
  close: promisify(close),
};

/** What Windows, some file systems, and a folder that may not be read answer to a flush. */
const UNSYNCABLE = ['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

/** Puts a file's bytes on disk. */
export function syncBytes(path: string): Promise<void> {
  return sync(path, constants.O_RDWR, IN_POOL);
}

/**
 * Puts a folder's list of files on disk, where the system offers that.
 *
 * @param calls how it is opened and closed: off the event loop unless given
 */
export async function syncFolder(path: string, calls = IN_POOL): Promise<void> {
  try {
    await sync(path, constants.O_RDONLY, calls);
  } catch (error) {
    if (!hasCode(error, ...UNSYNCABLE)) throw error;
  }
}

async function sync(path: string, flags: number, calls: typeof IN_POOL): Promise<void> {
  const fd = await calls.open(path, flags);
  try {
    await syncFile(fd);
  } finally {
    await calls.close(fd);
  }
}
