import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START = 'nestjs-tus-';

/** Makes an empty folder of its own, below the system's folder for temporary files unless told. */
export function makeTempFolder(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, START));
}

/** Whether a path begins with such a folder. */
export function isTempFolder(path: string): boolean {
  return path.startsWith(join(tmpdir(), START));
}

/** Removes a folder and all that is in it; nothing happens when it is not there. */
export function removeTempFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Paths of all files below a folder, relative to it, sorted; none when it is not there. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
