import { statfs } from 'node:fs/promises';

/** The magic numbers Linux gives file systems that lie in memory: tmpfs and ramfs (`statfs(2)`). */
const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6];

/** Whether a folder's files are lost when the machine restarts; false where that is not known. */
export async function isInMemory(folder: string): Promise<boolean> {
  return statfs(folder).then(
    // A 32-bit system reports the high magic numbers as negative ones.
    ({ type }) => MEMORY_FILE_SYSTEMS.includes(type >>> 0),
    () => false,
  );
}
