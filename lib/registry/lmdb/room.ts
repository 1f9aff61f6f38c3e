import { randomBytes } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNoSpace, syncBytes } from '../../file-system/index.js';

/** Room that a new environment must find: 256 KiB. */
const ROOM = 256 * 1024;

/** @throws Error of the system when there is no room for a new environment */
export async function proveRoom(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(probe, Buffer.alloc(ROOM), { flag: 'wx' });
    await syncBytes(probe);
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

/** Whether not even a new environment finds room: a quota that is reached shows in no other way. */
export async function lacksRoom(folder: string): Promise<boolean> {
  return proveRoom(folder).then(() => false, isNoSpace);
}
