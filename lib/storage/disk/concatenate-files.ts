import { constants } from 'node:fs';
import { copyFile, open, stat, type FileHandle } from 'node:fs/promises';
import { toStorageError } from './disk.errors.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time. */
const BLOCK = 1024 * 1024;

/** Parts copied at the same time: Node moves each byte through memory, for which one core is slow. */
const COPIERS = 2;

/** Parts whose sizes are looked up together. */
const STEP = 64;

/** A part and where its bytes go. */
interface Job {
  readonly part: string;
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
async function copyJobs(jobs: Job[], target: FileHandle): Promise<void> {
  const blocks: Blocks = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)];
  for (let job = jobs.shift(); job; job = jobs.shift()) await copyPart(job, target, blocks);
}

async function copyPart(
  { part, position }: Job,
  target: FileHandle,
  blocks: Blocks,
): Promise<void> {
  const source = await open(part, 'r');
  try {
    await copyBlocks(source, target, position, blocks);
  } finally {
    await source.close();
  }
}

async function copyBlocks(
  source: FileHandle,
  target: FileHandle,
  position: number,
  blocks: Blocks,
): Promise<void> {
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
}
