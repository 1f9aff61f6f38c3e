import { renameSync } from 'node:fs';
import { access, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../folder/index.js';
import { syncBytes, syncFolder } from '../../file-system/index.js';

/** An environment whose file is replaced. */
export interface Replaceable {
  readonly folder: string;
  /** Reads a copy through; throws when it is not whole. */
  assertWhole(folder: string): Promise<void>;
  /** Its file is another one now. */
  replaced(): void;
}

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
 * @param root the environment, which no other has open; it must be closed when this has resolved
 */
export async function replaceByCopy(root: RootDatabase, environment: Replaceable): Promise<void> {
  const { folder } = environment;
  const copy = join(folder, COPY);
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { mode: PRIVATE_FOLDER });
  await root.backup(copy, false);
  await syncBytes(join(copy, DATA));
  await chmod(join(copy, DATA), PRIVATE_FILE);
  await environment.assertWhole(copy);
  // Synchronously, because others look whether the file is still the same.
  renameSync(join(copy, DATA), join(folder, DATA));
  environment.replaced();
  await rm(copy, { recursive: true, force: true });
  await rm(join(folder, MARK), { force: true });
  await syncFolder(folder);
}

/** Whether other processes have the environment open; killed ones do not count. */
export function hasOtherUsers(root: RootDatabase): boolean {
  root.readerCheck();
  const [, ...readers] = String(root.readerList()).trim().split('\n');
  return readers.some((reader) => Number.parseInt(reader, 10) !== process.pid);
}
