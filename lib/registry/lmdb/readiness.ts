import { access, constants, lstat, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { hasCode, UnfitFolderError } from '../../errors/index.js';
import { damageOfDataFile } from './data-file.js';
import { assertDescriptors } from './descriptors.js';
import { LOCK_FILE } from './lock-file.js';
import { proveRoom } from './room.js';

/** The name LMDB gives the file of an environment, and that of its locks. */
export const DATA_FILE = 'data.mdb';
const FILES = [DATA_FILE, LOCK_FILE] as const;

/**
 * Checks what would make LMDB end the process instead of throwing: files that are not its own, that
 * are damaged or that it may not write to, a file that ends too early, too few file descriptors, and
 * a disk so full that the memory it maps cannot be stored.
 *
 * @throws UnfitFolderError that says what is wrong with the folder, and what to do
 * @throws Error `ENOSPC` when there is no room for a new environment.
 */
export async function checkReadiness(folder: string): Promise<void> {
  await assertDescriptors();
  for (const name of FILES) await assertWritable(join(folder, name));
  const damage = await damageOfDataFile(join(folder, DATA_FILE));
  if (damage) throw new RegistryDamagedError(folder, damage);
  if (!(await isComplete(folder))) await proveRoom(folder);
}

/** The registry cannot be read. */
export class RegistryDamagedError extends UnfitFolderError {
  constructor(folder: string, damage: string, options?: ErrorOptions) {
    super(
      `The upload registry in ${folder} ${damage}. Restore the folder from a backup, or remove it ` +
        'and do without what was known of its uploads.',
      options,
    );
  }
}

/**
 * LMDB ends the process where it may read a file, but not write to it.
 *
 * @throws Error that names the file and the users
 */
export async function assertWritable(path: string, mayUse: typeof access = access): Promise<void> {
  try {
    await mayUse(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if (!hasCode(cause, 'EACCES', 'EPERM')) return;
    const { uid } = await stat(path);
    const { uid: own, username } = userInfo();
    throw new UnfitFolderError(
      `The file ${path} belongs to the user with the id ${uid}, and this process, which runs as ` +
        `"${username}" (${own}), may not write to it. Was the app started as another user before? ` +
        'Give the folder to the user who is to run it (`chown -R`).',
      { cause },
    );
  }
}

async function isComplete(folder: string): Promise<boolean> {
  // A lock file may be a link into memory, which is empty after the machine has started.
  const checks = await Promise.allSettled(FILES.map((name) => lstat(join(folder, name))));
  return checks.every(({ status }) => status === 'fulfilled');
}
