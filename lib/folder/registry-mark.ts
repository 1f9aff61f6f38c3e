import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, UnfitFolderError } from '../errors/index.js';
import { syncFolder } from '../file-system/index.js';
import { PRIVATE_FILE } from './private-folder.js';

/** What stands in a folder whose files a registry elsewhere knows. */
export interface RegistryMark {
  /** Tells the folder from all others, on each machine that shares it. */
  readonly folder: string;
  /** Tells that registry from all others. */
  readonly registry: string;
}

/**
 * @returns `undefined` for a folder that has none
 * @throws UnfitFolderError for one that is damaged
 */
export async function readMark(path: string): Promise<RegistryMark | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RegistryMark;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (error instanceof SyntaxError) throw new UnfitFolderError(markDamaged(path, error));
    throw error;
  }
}

/**
 * Marks a folder for a registry, unless it is marked. Of several processes that do so at once, on several
 * machines too, one does it.
 *
 * @returns what stands there then
 */
export async function markFolder(path: string, registry: string): Promise<RegistryMark> {
  const found = await readMark(path);
  if (found) return found;
  const mark: RegistryMark = { folder: randomBytes(16).toString('hex'), registry };
  await putMark(path, mark);
  return (await readMark(path)) ?? mark;
}

/** Whole or not at all, and never over another one. */
async function putMark(path: string, mark: RegistryMark): Promise<void> {
  const draft = `${path}.${mark.folder}`;
  const text = `${JSON.stringify(mark)}\n`;
  await writeFile(draft, text, { flag: 'wx', mode: PRIVATE_FILE, flush: true });
  try {
    await link(draft, path).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) return undefined;
      // Some file systems know no second names.
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  await syncFolder(dirname(path));
}

function markDamaged(path: string, { message }: Error): string {
  return (
    `${path}, which names the registry that knows the files in the folder, cannot be read ` +
    `(${message}). Remove it, if the files are those of this registry.`
  );
}
