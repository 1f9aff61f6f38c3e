import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Most bytes of a socket's path: Linux takes 107, macOS and the BSDs 103 (`sun_path`). */
const MAX_PATH_BYTES = 103;

/**
 * Calls with the address of a process's socket: a path in the folder, or a named pipe on Windows.
 *
 * Node cuts a path that is too long without a word, so such a folder is reached by a symbolic link
 * in the system's temporary folder, which is there only while the call lasts.
 *
 * @throws Error when that is too long as well
 */
export async function withSocketAddress<T>(
  folder: string,
  identity: string,
  use: (address: string) => Promise<T>,
): Promise<T> {
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\nestjs-tus-${identity}`);
  const path = join(folder, identity);
  if (fits(path)) return use(path);

  const detour = await mkdtemp(join(tmpdir(), 'tus-'));
  try {
    const link = join(detour, 's');
    if (!fits(join(link, identity))) throw new Error(`the path ${path} is too long for a socket`);
    await symlink(folder, link);
    return await use(join(link, identity));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}

/** Removes what the socket of a process that has ended left in the folder. */
export async function removeSocket(folder: string, identity: string): Promise<void> {
  await rm(join(folder, identity), { force: true });
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_PATH_BYTES;
}
