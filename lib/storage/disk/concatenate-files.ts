import { constants } from 'node:fs';
import { copyFile, lstat, open, writeFile, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../../errors/index.js';
import { toStorageError } from './disk.errors.js';
import { explainOpening, kindFault, READ, refuse, sizeFault } from './own-file.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time. */
const BLOCK = 1024 * 1024;

/** Most bytes that are copied in one call, which nothing can stop. */
const ONE_CALL = 16 * BLOCK;

/** What says that a file system cannot have two files share their blocks. */
const NO_SHARING = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV'];

/** Parts copied at the same time: Node moves each byte through memory, for which one core is slow. */
const COPIERS = 2;

/** A part and the file it lies in. */
export interface PartFile {
  readonly id: string;
  /** Bytes it has. */
  readonly size: number;
  readonly path: string;
}

/** A part and where its bytes go. */
interface Job {
  readonly part: PartFile;
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
 * @throws FileChangedError when a part is no file of the size it is to have; likewise
 */
export async function concatenateFiles(
  parts: readonly PartFile[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  try {
    signal?.throwIfAborted();
    const isBegun = await beginWith(first, target);
    if (isBegun) await appendFiles(others, target, first.size, signal);
    else await appendFiles(parts, target, 0, signal);
  } catch (error) {
    throw toStorageError(error);
  }
}

/** @returns whether the target has the bytes of the first part; else it is empty */
async function beginWith(first: PartFile, target: string): Promise<boolean> {
  const { COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;
  const isSmall = first.size <= ONE_CALL;
  try {
    await copyFirst(first, target, isSmall ? COPYFILE_FICLONE : COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (isSmall || !hasCode(error, ...NO_SHARING)) throw error;
    await writeFile(target, '', { flag: 'wx' });
    return false;
  }
}

/** The kernel follows symbolic links, so it is looked what lies there, and then what came of it. */
async function copyFirst(
  { id, path, size }: PartFile,
  target: string,
  sharing: number,
): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
  refuse(id, found ? kindFault(found) : 'was removed');
  await copyFile(path, target, constants.COPYFILE_EXCL | sharing);
  refuse(id, sizeFault((await lstat(target)).size, size));
}

async function appendFiles(
  parts: readonly PartFile[],
  target: string,
  start: number,
  signal?: AbortSignal,
): Promise<void> {
  if (parts.length === 0) return;
  const handle = await open(target, 'r+');
  try {
    const jobs = placeParts(parts, start);
    const copiers = Array.from({ length: COPIERS }, () => new Copier(handle, signal).copyAll(jobs));
    // All of them, for none may write any more once the handle is closed.
    const failed = (await Promise.allSettled(copiers)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    await handle.close();
  }
}

function placeParts(parts: readonly PartFile[], start: number): Job[] {
  let position = start;
  return parts.map((part) => {
    const job = { part, position };
    position += part.size;
    return job;
  });
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
    const source = await openPart(part);
    try {
      const copied = await this.copyBlocks(source, position);
      refuse(part.id, sizeFault(copied, part.size));
    } finally {
      await source.close();
    }
  }

  private async copyBlocks(source: FileHandle, position: number): Promise<number> {
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
    return copied;
  }
}

async function openPart({ id, path, size }: PartFile): Promise<FileHandle> {
  const source = await open(path, READ).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) refuse(id, 'was removed');
    throw explainOpening(id, error);
  });
  try {
    const found = await source.stat();
    // What is longer would be written over the next part.
    refuse(id, kindFault(found) ?? sizeFault(found.size, size));
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}
