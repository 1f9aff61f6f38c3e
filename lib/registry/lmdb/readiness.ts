import { randomBytes } from 'node:crypto';
import { access, open, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './lmdb.errors.js';

/** The names LMDB gives its files. */
const FILES = ['data.mdb', 'lock.mdb'] as const;

/** LMDB's magic number as its files have it, and where, which depends on the build. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe]);
const MAGIC_OFFSETS = [16, 24];
const HEADER_BYTES = 28;

/** Room that a new environment must find: 256 KiB. */
const ROOM = 256 * 1024;

/**
 * Checks what would make LMDB end the process instead of throwing: a file that is not its own, and
 * a disk so full that the memory it maps cannot be stored.
 *
 * @throws Error when the folder holds something else, or something damaged
 * @throws Error `ENOSPC` when there is no room for a new environment.
 */
export async function checkReadiness(folder: string): Promise<void> {
  const header = await readHeader(join(folder, FILES[0]));
  if (header.length > 0 && !hasMagic(header)) {
    throw new Error(
      `The upload registry in ${folder} is damaged. Restore the folder from a backup, or remove ` +
        'it and do without what was known of its uploads.',
    );
  }
  if (!(await isComplete(folder))) await proveRoom(folder);
}

async function readHeader(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(HEADER_BYTES) });
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function hasMagic(header: Buffer): boolean {
  return MAGIC_OFFSETS.some((at) => header.subarray(at, at + MAGIC.length).equals(MAGIC));
}

async function isComplete(folder: string): Promise<boolean> {
  const checks = await Promise.allSettled(FILES.map((name) => access(join(folder, name))));
  return checks.every(({ status }) => status === 'fulfilled');
}

async function proveRoom(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(probe, Buffer.alloc(ROOM), { flag: 'wx', flush: true });
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}
