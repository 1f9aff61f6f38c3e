import { constants } from 'node:fs';
import { copyFile, open, type FileHandle } from 'node:fs/promises';
import { toStorageError } from './disk.errors.js';
import { writeAll } from './write-all.js';

/** Bytes read and written at a time; two such buffers are held. */
const BLOCK = 1024 * 1024;

/**
 * Makes a file of the bytes of others, in order.
 *
 * The first one is left to the kernel, which shares its blocks where the file system can; for the
 * others Node has no such call, so while one block is written the next one is read.
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
    let { size } = await handle.stat();
    for (const part of parts) size += await appendFile(handle, size, part);
  } finally {
    await handle.close();
  }
}

async function appendFile(target: FileHandle, position: number, part: string): Promise<number> {
  const source = await open(part, 'r');
  try {
    return await copyBlocks(source, target, position);
  } finally {
    await source.close();
  }
}

async function copyBlocks(
  source: FileHandle,
  target: FileHandle,
  position: number,
): Promise<number> {
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
  return copied;
}
