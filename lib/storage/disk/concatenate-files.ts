import { constants } from 'node:fs';
import { copyFile, lstat, open, type FileHandle } from 'node:fs/promises';
import type { StoredPart } from '../storage.interface.js';
import { hasCode, toStorageError } from './disk.errors.js';
import { explainOpening, kindFault, READ, refuse, sizeFault } from './own-file.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time. */
const BLOCK = 1024 * 1024;

/** Parts copied at the same time: Node moves each byte through memory, for which one core is slow. */
const COPIERS = 2;

/** A part and the file it lies in. */
export interface PartFile extends StoredPart {
  readonly path: string;
}

/** A part and where its bytes go. */
interface Job {
  readonly part: PartFile;
  readonly position: number;
}

/** What a copier reads into and writes from, in turn. */
type Blocks = [Buffer, Buffer];

/**
 * Makes a file of the bytes of others, in order.
 *
 * The first one is left to the kernel, which shares its blocks where the file system can; for the
 * others Node has no such call, so two are copied at a time, and while one block of each is written
 * the next one is read.
 *
 * @param target must not be there
 * @throws NoSpaceError when there is no room; the target is then there in part
 * @throws FileChangedError when a part is no file of the size it is to have; likewise
 */
export async function concatenateFiles(parts: readonly PartFile[], target: string): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  try {
    await copyFirst(first, target);
    await appendFiles(others, target, first.size);
  } catch (error) {
    throw toStorageError(error);
  }
}

/** The kernel follows symbolic links, so it is looked what lies there, and then what came of it. */
async function copyFirst({ id, path, size }: PartFile, target: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
  refuse(id, found ? kindFault(found) : 'was removed');
  await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  refuse(id, sizeFault((await lstat(target)).size, size));
}

async function appendFiles(
  parts: readonly PartFile[],
  target: string,
  start: number,
): Promise<void> {
  if (parts.length === 0) return;
  const handle = await open(target, 'r+');
  try {
    const jobs = placeParts(parts, start);
    const copiers = Array.from({ length: COPIERS }, () => copyJobs(jobs, handle));
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
async function copyJobs(jobs: Job[], target: FileHandle): Promise<void> {
  const blocks: Blocks = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)];
  for (let job = jobs.shift(); job; job = jobs.shift()) await copyPart(job, target, blocks);
}

async function copyPart(
  { part, position }: Job,
  target: FileHandle,
  blocks: Blocks,
): Promise<void> {
  const source = await openPart(part);
  try {
    const copied = await copyBlocks(source, target, position, blocks);
    refuse(part.id, sizeFault(copied, part.size));
  } finally {
    await source.close();
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

async function copyBlocks(
  source: FileHandle,
  target: FileHandle,
  position: number,
  blocks: Blocks,
): Promise<number> {
  let [block, spare] = blocks;
  let copied = 0;
  let { bytesRead } = await source.read(block, 0, BLOCK, 0);
  while (bytesRead > 0) {
    const bytes = block.subarray(0, bytesRead);
    const [next] = await Promise.all([
      source.read(spare, 0, BLOCK, copied + bytesRead),
      writeAll(target.fd, [bytes], position + copied, () => undefined),
    ]);
    copied += bytesRead;
    bytesRead = next.bytesRead;
    [block, spare] = [spare, block];
  }
  return copied;
}
