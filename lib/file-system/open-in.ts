import { readdir, stat } from 'node:fs/promises';

/**
 * Whether a process has a file open, as far as the system tells (`proc_pid_fd(5)`, Linux).
 *
 * @returns `undefined` when it does not tell
 */
export async function isOpenIn(pid: number, path: string): Promise<boolean | undefined> {
  const folder = `/proc/${pid}/fd`;
  try {
    const file = await stat(path, { bigint: true });
    for (const name of await readdir(folder)) {
      // What it has closed meanwhile, and sockets of some kinds, cannot be looked at.
      const open = await stat(`${folder}/${name}`, { bigint: true }).catch(() => undefined);
      if (open?.ino === file.ino && open.dev === file.dev) return true;
    }
    return false;
  } catch {
    return undefined;
  }
}
