import { open } from 'node:fs/promises';
import { hasCode } from '../../errors/index.js';
import { isOpenIn } from '../../file-system/index.js';
import { toStorageError } from './disk.errors.js';
import { replaceByCopy } from './renew-file.js';
import type { UploadFolder } from './upload-folder.js';

/**
 * Puts a new file with the same bytes in the place of a file that another process may write to. What
 * was flushed before is flushed again.
 *
 * Where there is no file it leaves an empty one, so that none can be made there that counts.
 *
 * @param pid id of that process, if it is known: a file that it has not open may stay
 * @throws NoSpaceError when there is no room for a copy; the file is as it was then
 */
export async function fenceFile(path: string, folder: UploadFolder, pid?: number): Promise<void> {
  try {
    if (await makeEmpty(path, folder)) return;
    if (pid !== undefined && (await isOpenIn(pid, path)) === false) return;
    await replaceByCopy(path);
    await folder.permit(path);
    await folder.syncNames();
  } catch (error) {
    throw toStorageError(error);
  }
}

/** @returns whether there was no file */
async function makeEmpty(path: string, folder: UploadFolder): Promise<boolean> {
  try {
    const file = await open(path, 'wx', folder.fileMode);
    await file.close();
    await folder.permit(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}
