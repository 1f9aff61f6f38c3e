import { constants } from 'node:fs';
import { copyFile, open, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { hasCode, toStorageError } from './disk.errors.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time. */
const BLOCK = 1024 * 1024;

/** Most bytes that are copied in one call, which nothing can stop. */
const ONE_CALL = 16 * BLOCK;

/** What says that a file system cannot have two files share their blocks. */
const NO_SHARING = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV'];

/** Parts copied at the same time: Node moves each byte through memory, for which one core is slow. */
const COPIERS = 2;

/** Parts whose sizes are looked up together. */
const STEP = 64;

/** A part and where its bytes go. */
interface Job {
  readonly part: string;
  readonly position: number;
}

/**
 * Makes a file of the bytes of others, in order.
 *
 * The first one is left to the kernel, if it is small or its blocks can be shared; for the others
 * Node has no such call, so two are copied at a time, and while one block of each is written the next
 * one is read.
 *
 * @param target must not be there
 * @param signal looked at before each block
 * @throws NoSpaceError when there is no room, or the reason of the signal; the target is then there
 *   in part
 */
export async function concatenateFiles(
  parts: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  try {
    signal?.throwIfAborted();
    const isBegun = await beginWith(first, target);
    await appendFiles(isBegun ? others : parts, target, signal);
  } catch (error) {
    throw toStorageError(error);
  }
}

/** @returns whether the target has the bytes of the first part; else it is empty */
async function beginWith(first: string, target: string): Promise<boolean> {
  const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;
  const isSmall = (await stat(first)).size <= ONE_CALL;
  try {
    const sharing = isSmall ? COPYFILE_FICLONE : COPYFILE_FICLONE_FORCE;
    await copyFile(first, target, COPYFILE_EXCL | sharing);
    return true;
  } catch (error) {
    if (isSmall || !hasCode(error, ...NO_SHARING)) throw error;
    await writeFile(target, '', { flag: 'wx' });
    return false;
  }
}

async function appendFiles(
  parts: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const handle = await open(target, 'r+');
  try {
    const { size } = await handle.stat();
    const jobs = await placeParts(parts, size);
    const copiers = Array.from({ length: COPIERS }, () => new Copier(handle, signal).copyAll(jobs));
    // All of them, for none may write any more once the handle is closed.
    const failed = (await Promise.allSettled(copiers)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    await handle.close();
  }
}

async function placeParts(parts: readonly string[], start: number): Promise<Job[]> {
  const jobs: Job[] = [];
  let position = start;
  for (let first = 0; first < parts.length; first += STEP) {
    const step = parts.slice(first, first + STEP);
    const sizes = await Promise.all(step.map(async (part) => (await stat(part)).size));
    step.forEach((part, index) => {
      jobs.push({ part, position });
      position += sizes[index];
    });
  }
  return jobs;
}

/** Many small parts share two blocks, for to make such is dearer than to fill them. */
class Copier {
  private block = Buffer.allocUnsafe(BLOCK);
  private spare = Buffer.allocUnsafe(BLOCK);

  constructor(
    private readonly target: FileHandle,
    private readonly signal?: AbortSignal,
  ) {}

  async copyAll(jobs: Job[]): Promise<void> {
    for (let job = jobs.shift(); job; job = jobs.shift()) await this.copy(job);
  }

  private async copy({ part, position }: Job): Promise<void> {
    const source = await open(part, 'r');
    try {
      await this.copyBlocks(source, position);
    } finally {
      await source.close();
    }
  }

  private async copyBlocks(source: FileHandle, position: number): Promise<void> {
    let copied = 0;
    let { bytesRead } = await source.read(this.block, 0, BLOCK, 0);
    while (bytesRead > 0) {
      this.signal?.throwIfAborted();
      const bytes = this.block.subarray(0, bytesRead);
      const [next] = await Promise.all([
        source.read(this.spare, 0, BLOCK, copied + bytesRead),
        writeAll(this.target.fd, [bytes], position + copied, () => undefined),
      ]);
      copied += bytesRead;
      bytesRead = next.bytesRead;
      [this.block, this.spare] = [this.spare, this.block];
    }
  }
}
