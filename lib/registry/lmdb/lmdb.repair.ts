import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { syncBytes, syncFolder } from '../../file-system/index.js';

/** Says that the data file must be copied before it is used again. */
const MARK = 'faulty';

/** Where the copy is made. */
const COPY = '.repair';

const DATA = 'data.mdb';

/**
 * Leaves a mark for the next start, should there be one before the repair. On a disk that takes
 * nothing it cannot be left; then the next error finds the fault again.
 */
export async function markFaulty(folder: string): Promise<void> {
  const mark = join(folder, MARK);
  await writeFile(mark, '')
    .then(() => syncBytes(mark))
    .catch(() => undefined);
}

/** Whether the data file is not to be trusted. */
export async function isFaulty(folder: string): Promise<boolean> {
  return access(join(folder, MARK)).then(
    () => true,
    () => false,
  );
}

/**
 * Puts a copy in the place of the data file.
 *
 * After a flush that failed, Linux takes what was not stored for stored, and a later flush says
 * nothing of it. What is there in memory is still whole, so it goes to a new file, all of which is
 * flushed before it gets the name.
 *
 * @param root the environment, which nobody else has open; it must be closed when this has resolved
 * @param assertWhole reads a copy through; throws when it is not whole
 */
export async function replaceByCopy(
  folder: string,
  root: RootDatabase,
  assertWhole: (folder: string) => Promise<void>,
): Promise<void> {
  const copy = join(folder, COPY);
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy);
  await root.backup(copy, false);
  await syncBytes(join(copy, DATA));
  await assertWhole(copy);
  await rename(join(copy, DATA), join(folder, DATA));
  await rm(copy, { recursive: true, force: true });
  await rm(join(folder, MARK), { force: true });
  await syncFolder(folder);
}

/** Whether other processes have the environment open; those that were killed do not count. */
export function hasOtherUsers(root: RootDatabase): boolean {
  root.readerCheck();
  const [, ...readers] = String(root.readerList()).trim().split('\n');
  return readers.some((reader) => Number.parseInt(reader, 10) !== process.pid);
}
