import { constants } from 'node:fs';
import { copyFile, open, stat, type FileHandle } from 'node:fs/promises';
import { toStorageError } from './disk.errors.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time; each copier holds two such buffers. */
const BLOCK = 1024 * 1024;

/** Parts copied at the same time: Node moves each byte through memory, for which one core is slow. */
const COPIERS = 2;

/** A part and where its bytes go. */
interface Job {
  readonly part: string;
  readonly position: number;
}

/**
 * Makes a file of the bytes of others, in order.
 *
 * The first one is left to the kernel, which shares its blocks where the file system can; for the
 * others Node has no such call, so two are copied at a time, and while one block of each is written
 * the next one is read.
 *
 * @param target must not be there
 * @throws NoSpaceError when there is no room; the target is then there in part
 */
export async function concatenateFiles(parts: readonly string[], target: string): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  try {
    await copyFile(first, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await appendFiles(others, target);
  } catch (error) {
    throw toStorageError(error);
  }
}

async function appendFiles(parts: readonly string[], target: string): Promise<void> {
  const handle = await open(target, 'r+');
  try {
    const { size } = await handle.stat();
    const jobs = await placeParts(parts, size);
    const copiers = Array.from({ length: COPIERS }, () => copyJobs(jobs, handle));
    // All of them, for none may write any more once the handle is closed.
    const failed = (await Promise.allSettled(copiers)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    await handle.close();
  }
}

async function placeParts(parts: readonly string[], start: number): Promise<Job[]> {
  const sizes = await Promise.all(parts.map(async (part) => (await stat(part)).size));
  let position = start;
  return parts.map((part, index) => {
    const job = { part, position };
    position += sizes[index];
    return job;
  });
}

async function copyJobs(jobs: Job[], target: FileHandle): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) await copyPart(job, target);
}

async function copyPart({ part, position }: Job, target: FileHandle): Promise<void> {
  const source = await open(part, 'r');
  try {
    await copyBlocks(source, target, position);
  } finally {
    await source.close();
  }
}

async function copyBlocks(source: FileHandle, target: FileHandle, position: number): Promise<void> {
  let [block, spare] = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)];
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
}
