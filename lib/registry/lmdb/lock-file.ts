import { randomBytes } from 'node:crypto';
import { access, constants, lstat, readlink, rm, statfs, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UnfitFolderError } from '../../errors/index.js';
import { codeOf } from './lmdb.errors.js';

/** The magic numbers of file systems that store what is changed somewhere else (`statfs(2)`). */
const COPY_ON_WRITE: ReadonlyMap<number, string> = new Map([
  [0x9123683e, 'btrfs'],
  [0xca451a4e, 'bcachefs'],
]);

/** Where files lie in memory, which all processes of a machine see. */
const MEMORY = '/dev/shm';

/** The name LMDB gives the file by which its users wait for each other. */
const LOCK_FILE = 'lock.mdb';

/**
 * Puts the lock file of an environment into memory, by a symbolic link, where the file system would
 * store each change somewhere else. It holds nothing that is to outlive the machine.
 *
 * LMDB maps its lock file and writes to that. Where each change needs room of its own, a full disk, or
 * a quota that is reached, ends the process with SIGBUS; `chattr +C` helps on some kernels only.
 *
 * @param folder of the environment, before it is opened
 * @throws Error that says what to do, where the file is there already, or there is no such memory
 */
export async function placeLockFile(folder: string): Promise<void> {
  // A 32-bit system reports the high magic numbers as negative ones.
  const name = COPY_ON_WRITE.get((await statfs(folder)).type >>> 0);
  if (name === undefined) return;
  const lockFile = join(folder, LOCK_FILE);
  const found = await lstat(lockFile).catch(() => undefined);
  if (found?.isSymbolicLink()) return;
  if (found)
    throw new UnfitFolderError(refusal(folder, name, `end all processes, then rm "${lockFile}"`));

  const isUsable = await access(MEMORY, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isUsable)
    throw new UnfitFolderError(refusal(folder, name, `let the process write to ${MEMORY}`));
  const target = join(MEMORY, `nestjs-tus-${randomBytes(16).toString('hex')}.lock`);
  await symlink(target, lockFile).catch((error: unknown) => {
    // Another process that starts was first.
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

/** Removes what an environment that nobody uses any more has in memory. */
export async function removeLockFile(folder: string): Promise<void> {
  const target = await readlink(join(folder, LOCK_FILE)).catch(() => undefined);
  if (target?.startsWith(MEMORY)) await rm(target, { force: true });
}

function refusal(folder: string, name: string, remedy: string): string {
  return (
    `${folder} is on ${name}, where a full disk would end the process, for its lock file is there ` +
    `too. To have it in memory, ${remedy}. Or put tmpFileDir on another file system.`
  );
}
