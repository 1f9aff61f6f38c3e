import { randomBytes } from 'node:crypto';
import {
  access,
  constants,
  link,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rm,
  stat,
  statfs,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode, UnfitFolderError } from '../../errors/index.js';
import { PRIVATE_FILE } from '../../folder/index.js';
import { MAX_READERS } from './lmdb.errors.js';

/** The magic numbers of file systems that store what is changed somewhere else (`statfs(2)`). */
const COPY_ON_WRITE: ReadonlyMap<number, string> = new Map([
  [0x9123683e, 'btrfs'],
  [0xca451a4e, 'bcachefs'],
]);

/** Where files lie in memory, which all processes of a machine see. */
const MEMORY = '/dev/shm';

/** The name LMDB gives the file by which its users wait for each other. */
export const LOCK_FILE = 'lock.mdb';

/** What the system says where a file has a name already, and where files can have one only. */
const HAS_NO_LINKS = ['EEXIST', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'];

/** Bytes that the lock file has for each reader; LMDB writes to the first half of them, at most. */
const READER_BYTES = 64;

/** Bytes of a lock file that is made here: what LMDB would make of it is a little less. */
const WHOLE_BYTES = READER_BYTES * MAX_READERS + 4096;

/** Bytes of a file system's block, at least, and of a block as `stat(2)` counts them. */
const LEAST_BLOCK = 1024;
const COUNTED_BLOCK = 512;

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
  const name = await copyOnWriteName(folder);
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
    if (!hasCode(error, 'EEXIST')) throw error;
  });
}

/**
 * Takes all the room that a lock file may need. LMDB leaves it with holes, and a full disk ends the
 * process with SIGBUS when it writes to one of them, through its map.
 *
 * @param folder of the environment, before it is opened, where it may be written to
 * @throws Error `ENOSPC` when there is no room for a new one
 */
export async function fillLockFile(folder: string): Promise<void> {
  const path = await withoutLink(join(folder, LOCK_FILE));
  const found = await stat(path).catch(() => undefined);
  if (!found) return makeLockFile(path);
  const isSparse = found.blocks * COUNTED_BLOCK < found.size;
  if (isSparse && found.size !== WHOLE_BYTES) await fillHoles(path, found.size);
}

/** Under another name first: LMDB of another process is to find it whole, or not at all. */
async function makeLockFile(path: string): Promise<void> {
  const draft = join(dirname(path), `.lock-${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(draft, Buffer.alloc(WHOLE_BYTES), { flag: 'wx', mode: PRIVATE_FILE });
    await link(draft, path).catch((error: unknown) => {
      // Another process was first; or there are no links, and LMDB makes its own.
      if (!hasCode(error, ...HAS_NO_LINKS)) throw error;
    });
  } catch (error) {
    throw isInMemory(path) ? new UnfitFolderError(memoryFull(), { cause: error }) : error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/**
 * Fills the holes of a lock file that LMDB has made, which other processes may have open. The last
 * byte of a reader's place is never used, and the places end where the file does.
 */
async function fillHoles(path: string, size: number): Promise<void> {
  // Closing a file drops the locks that this process has on it by other descriptors (POSIX).
  if (!(await isClosed(path))) return;
  const file = await open(path, 'r+');
  try {
    for (let at = size - 1; at > READER_BYTES * 8; at -= LEAST_BLOCK) {
      await file.write(Buffer.alloc(1), 0, 1, at);
    }
  } catch (error) {
    // Few processes need more than the first block, which is there.
    if (!hasCode(error, 'ENOSPC')) throw error;
  } finally {
    await file.close();
  }
}

/** Whether this process has no descriptor of a file; `false` where the system does not tell. */
async function isClosed(path: string): Promise<boolean> {
  const folder = '/proc/self/fd';
  try {
    const names = await readdir(folder);
    // That of the listing itself is closed by now.
    const paths = await Promise.all(names.map((fd) => readlink(join(folder, fd)).catch(() => '')));
    return !paths.includes(path);
  } catch {
    return false;
  }
}

async function withoutLink(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  const folder = await realpath(dirname(path));
  return target === undefined ? join(folder, basename(path)) : resolve(folder, target);
}

/** Whether the file system of a folder stores what is changed somewhere else. */
export async function isCopyOnWrite(folder: string): Promise<boolean> {
  return (await copyOnWriteName(folder)) !== undefined;
}

async function copyOnWriteName(folder: string): Promise<string | undefined> {
  // A 32-bit system reports the high magic numbers as negative ones.
  return COPY_ON_WRITE.get((await statfs(folder)).type >>> 0);
}

/** Removes what an environment that is not used any more has in memory. */
export async function removeLockFile(folder: string): Promise<void> {
  const target = await readlink(join(folder, LOCK_FILE)).catch(() => undefined);
  if (target !== undefined && isInMemory(target)) await rm(target, { force: true });
}

function isInMemory(path: string): boolean {
  return path.startsWith(`${MEMORY}/`);
}

function memoryFull(): string {
  return (
    `There is no room in ${MEMORY}, where the lock file of the upload registry lies, since a full ` +
    'disk would else end the process. Make some there, or give it more (--shm-size of Docker).'
  );
}

function refusal(folder: string, name: string, remedy: string): string {
  return (
    `${folder} is on ${name}, where a full disk would end the process, for its lock file is there ` +
    `too. To have it in memory, ${remedy}. Or put tmpFileDir on another file system.`
  );
}
