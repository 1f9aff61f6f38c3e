import { readdir, readFile } from 'node:fs/promises';

/** Descriptors that opening an environment, and the first transactions, take at most. */
const NEEDED = 16;

/** What a process may have open, and has. */
export interface Descriptors {
  readonly limit: number;
  readonly open: number;
}

/**
 * Refuses to go on where so few file descriptors are left that LMDB could fail half-way, which ends
 * the process.
 *
 * @throws Error that says what to raise
 */
export async function assertDescriptors(
  read: () => Promise<Descriptors | undefined> = readDescriptors,
): Promise<void> {
  const found = await read();
  if (!found || found.limit - found.open >= NEEDED) return;
  throw new Error(
    `The process has ${found.open} of ${found.limit} file descriptors open, too many to open the ` +
      'upload registry. Raise the limit (`ulimit -n`, LimitNOFILE of systemd), or look for what ' +
      'leaves files open.',
  );
}

/** Those of this process; `undefined` where the system does not tell. */
async function readDescriptors(): Promise<Descriptors | undefined> {
  try {
    const limits = await readFile('/proc/self/limits', 'utf8');
    const [, limit] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    if (limit === undefined) return undefined;
    return { limit: Number(limit), open: (await readdir('/proc/self/fd')).length };
  } catch {
    return undefined;
  }
}
