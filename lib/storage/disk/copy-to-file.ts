import { randomBytes } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { chmod, copyFile, lstat, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../../errors/index.js';
import { syncBytes, syncFolder } from '../../file-system/index.js';
import { toStorageError } from './disk.errors.js';
import { copyName } from './file-names.js';
import { makeFolder } from './folders.js';
import { giveName, keepName, removeIfThere } from './move-file.js';
import { READ, refuse, sizeFault } from './own-file.js';

/** What is to be copied to a file. */
export interface CopySource {
  /** Of the upload. */
  readonly id: string;
  /** Bytes that there must be; absent where they are the application's to change. */
  readonly size?: number;
  /** Where they are a file already; its blocks are shared where the file system can. */
  readonly path?: string;
  read(): Readable;
}

/** Modes of what is made; by the umask unless given. */
export interface CopyModes {
  readonly fileMode?: number;
  readonly directoryMode?: number;
}

/**
 * Copies an upload to a file, durably and never over one that is there: a file of the very same bytes is
 * taken for a copy that was made before, so that this may be repeated. Until all bytes are there they lie
 * beside it, under a name of their own.
 *
 * @param target an absolute path
 * @throws Error `EEXIST` when something else is there
 * @throws FileChangedError when the upload has not the bytes it is to have
 * @throws NoSpaceError, StorageFaultError; nothing is left at the target
 */
export async function copyToFile(
  source: CopySource,
  target: string,
  modes: CopyModes = {},
): Promise<void> {
  try {
    if (await isCopied(source, target)) return await syncFolder(dirname(target));
    await makeFolder(dirname(target), modes.directoryMode);
    await copyBeside(source, target, modes.fileMode);
  } catch (error) {
    throw toStorageError(error);
  }
}

async function copyBeside(source: CopySource, target: string, mode?: number): Promise<void> {
  const copy = join(dirname(target), copyName(randomBytes(8)));
  try {
    await fill(copy, source, mode);
    await syncBytes(copy);
    await giveName(copy, target);
    await keepName(copy, target);
  } catch (error) {
    // The same copy may have been made meanwhile.
    const isMade = hasCode(error, 'EEXIST') && (await isCopied(source, target));
    if (!isMade) throw error;
  } finally {
    await removeIfThere(copy);
  }
}

async function fill(copy: string, source: CopySource, mode?: number) {
  const { id, size, path } = source;
  if (path === undefined) await pipeline(source.read(), createWriteStream(copy, { flags: 'wx' }));
  else await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if (mode !== undefined) await chmod(copy, mode);
  if (size !== undefined) refuse(id, sizeFault((await lstat(copy)).size, size));
}

/**
 * Whether there is a copy already.
 *
 * @throws Error `EEXIST` when something else is there
 */
async function isCopied(source: CopySource, target: string): Promise<boolean> {
  const found = await lstat(target).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!found) return false;
  const maySame = found.isFile() && (source.size ?? found.size) === found.size;
  if (maySame && (await hasBytes(target, source.read()))) return true;
  throw Object.assign(new Error(`EEXIST: there is something else at '${target}' already`), {
    code: 'EEXIST',
    path: target,
  });
}

/** Whether a file has these bytes and no more. */
async function hasBytes(path: string, bytes: Readable): Promise<boolean> {
  const file = await open(path, READ);
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      if (!(await readNext(file, chunk.length)).equals(chunk)) return false;
    }
    return (await readNext(file, 1)).length === 0;
  } finally {
    bytes.destroy();
    await file.close();
  }
}

/** As many bytes as wanted, or what there is before the end. */
async function readNext(file: FileHandle, wanted: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(wanted);
  let length = 0;
  while (length < wanted) {
    const { bytesRead } = await file.read(bytes, length, wanted - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
