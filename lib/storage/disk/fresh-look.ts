import { constants, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../errors/index.js';
import type { DiskCalls } from '../../file-system/index.js';
import { READ } from './own-file.js';

/** What opening answers to what is no file: a link that is not followed, a socket. */
const NO_FILE = ['ELOOP', 'ENXIO'];

/**
 * What lies at a path, as other machines have left it; `undefined` when nothing does.
 *
 * What a network file system tells of a name may be seconds old. It asks the server anew when a file is
 * opened (`nfs(5)`, *Close-to-open cache consistency*), and then the file itself is looked at.
 */
export async function lookAfresh(path: string, calls: DiskCalls): Promise<Stats | undefined> {
  const found = await lookInside(path, calls);
  if (found) return found;
  await askAnew(dirname(path), calls);
  return lookInside(path, calls);
}

/** Has it forgotten which names were not in a folder: that is remembered until the folder is opened. */
export async function askAnew(folder: string, calls: DiskCalls): Promise<void> {
  await calls.close(await calls.open(folder, constants.O_RDONLY));
}

async function lookInside(path: string, calls: DiskCalls): Promise<Stats | undefined> {
  try {
    const fd = await calls.open(path, READ);
    try {
      return await calls.fstat(fd);
    } finally {
      await calls.close(fd);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, ...NO_FILE)) return calls.lstat(path);
    throw error;
  }
}
