import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asError, UnfitFolderError } from '../../errors/index.js';

/** Most bytes of a socket's path: Linux takes 107, macOS and the BSDs 103 (`sun_path`). */
const MAX_PATH_BYTES = 103;

/** Name of the link to a folder whose path is too long. */
const LINK = 's';

/** What `mkdtemp()` adds to a name. */
const RANDOM = 'XXXXXX';

/**
 * Calls with the address of a process's socket: a path in the folder, or a named pipe on Windows.
 *
 * Node cuts a path that is too long without a word, so such a folder is reached by a symbolic link
 * in the system's temporary folder, which is there only while the call lasts.
 *
 * @throws UnfitFolderError when that is too long as well, or cannot be made
 */
export async function withSocketAddress<T>(
  folder: string,
  identity: string,
  use: (address: string) => Promise<T>,
): Promise<T> {
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\nestjs-tus-${identity}`);
  const path = join(folder, identity);
  if (fits(path)) return use(path);

  const detour = await makeDetour(folder, identity);
  try {
    return await use(join(detour, LINK, identity));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}

/** Removes what the socket of a process that has ended left in the folder. */
export async function removeSocket(folder: string, identity: string): Promise<void> {
  await rm(join(folder, identity), { force: true });
}

/** Makes a folder with a link in it. */
async function makeDetour(folder: string, identity: string): Promise<string> {
  const prefix = join(tmpdir(), 'tus-');
  const length = bytesOf(join(prefix + RANDOM, LINK, identity));
  if (length > MAX_PATH_BYTES)
    throw tooLong(folder, identity, `is ${length - MAX_PATH_BYTES} bytes too long`);
  try {
    const detour = await mkdtemp(prefix);
    await symlink(folder, join(detour, LINK));
    return detour;
  } catch (error) {
    throw tooLong(folder, identity, `cannot be used (${asError(error).message})`, error);
  }
}

function tooLong(folder: string, identity: string, fault: string, cause?: unknown): Error {
  const excess = bytesOf(join(folder, identity)) - MAX_PATH_BYTES;
  return new UnfitFolderError(
    `Its path is too long for the sockets by which the processes that share it hand uploads over, ` +
      `and the temporary folder by which a longer one is reached, ${tmpdir()}, ${fault}. Give a ` +
      `path that is ${excess} bytes shorter, or set TMPDIR to a short one, such as /tmp, in which ` +
      `this process may make files.`,
    { cause },
  );
}

function fits(path: string): boolean {
  return bytesOf(path) <= MAX_PATH_BYTES;
}

function bytesOf(path: string): number {
  return Buffer.byteLength(path);
}
