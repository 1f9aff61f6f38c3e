import { randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { opendir, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type {
  Holding,
  ReadOptions,
  StoredBytes,
  UploadStorage,
  UploadWriter,
} from '../storage.interface.js';
import { concatenateFiles } from './concatenate-files.js';
import { hasCode } from './disk.errors.js';
import { DiskWriter } from './disk.writer.js';
import { fileNameOf, isOwnName, isRemnant, OWN_FOLDER, uploadIdOf } from './file-names.js';
import { FolderSync } from './folder-sync.js';
import { makeFolder, realPath } from './folders.js';
import { moveFile, placeFile, removeIfThere, removeOtherName } from './move-file.js';
import { reclaimFile } from './reclaim-file.js';

/** Where files go that nothing is known of; made for the first one. */
const LOST_FOLDER = join(OWN_FOLDER, 'lost');

/** Names read from the folder at a time. */
const PAGE = 256;

/** Where a `DiskStorage` keeps its files. */
export interface DiskStorageOptions {
  /** Made when it is not there. */
  readonly folder: string;
}

/** The storage of one machine: a file for each upload, named after its id, all in one folder. */
export class DiskStorage implements UploadStorage {
  private readonly folder: string;
  private readonly lostFolder: string;
  private readonly names: FolderSync;

  constructor(options: DiskStorageOptions) {
    this.folder = resolve(options.folder);
    this.lostFolder = join(this.folder, LOST_FOLDER);
    this.names = FolderSync.of(this.folder);
  }

  /** @throws Error of the file system when the folder cannot be made, or not be written to. */
  async open(): Promise<void> {
    await makeFolder(this.folder);
    const probe = join(this.folder, `.probe-${randomBytes(8).toString('hex')}`);
    await writeFile(probe, '', { flag: 'wx' });
    await unlink(probe);
  }

  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return bavail * bsize;
  }

  /**
   * Synchronous, because a turn in the thread pool costs many times the call itself: a HEAD takes a
   * fifth less without it. The registry reads the same disk in the same way.
   */
  stat(id: string): Promise<StoredBytes | undefined> {
    try {
      const found = statSync(this.path(id), { throwIfNoEntry: false });
      return Promise.resolve(found && { size: found.size, modifiedAt: Math.trunc(found.mtimeMs) });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async openWriter(id: string): Promise<UploadWriter> {
    return DiskWriter.open(this.path(id), this.names);
  }

  createReadStream(id: string, options: ReadOptions = {}, filePath?: string): Readable {
    const { start, end, blockSize: highWaterMark } = options;
    return createReadStream(this.path(id, filePath), { start, end, highWaterMark });
  }

  async concatenate(id: string, parts: readonly string[]): Promise<void> {
    await concatenateFiles(
      parts.map((part) => this.path(part)),
      this.path(id),
    );
  }

  async place(id: string, filePath: string): Promise<boolean> {
    try {
      await placeFile(this.path(id), this.path(id, filePath));
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST', 'EISDIR', 'ENOTDIR')) return false;
      throw error;
    }
  }

  async unplace(id: string, filePath: string): Promise<void> {
    await removeOtherName(this.path(id), this.path(id, filePath));
  }

  /** @throws Error `EISDIR` when a folder lies at the path */
  async reclaim(id: string, filePath: string): Promise<void> {
    await reclaimFile(this.path(id, filePath), this.path(id));
  }

  /** @throws TypeError for what is no id, so that it can never be a path. */
  path(id: string, filePath?: string): string {
    const name = fileNameOf(id);
    return filePath === undefined ? this.folder + sep + name : join(this.folder, filePath);
  }

  async isOwn(path: string): Promise<boolean> {
    const [folder, target] = await Promise.all([realPath(this.folder), realPath(path)]);
    const [name = ''] = relative(folder, target).split(sep);
    return isOwnName(name);
  }

  /**
   * Never overwrites a file, and may be repeated when it was interrupted.
   *
   * @throws Error `EEXIST` when there is a file at the path
   * @throws Error `ENOENT` when the upload has no file
   * @throws NoSpaceError when the file goes to another device, and that one is full.
   */
  async move(id: string, path: string, filePath?: string): Promise<void> {
    await moveFile(this.path(id, filePath), path);
  }

  async remove(id: string): Promise<void> {
    await removeIfThere(this.path(id));
  }

  async *holdings(): AsyncGenerator<Holding> {
    for await (const entry of await opendir(this.folder, { bufferSize: PAGE })) {
      const { name } = entry;
      if (!entry.isFile()) continue;
      const id = uploadIdOf(name);
      if (id !== undefined) yield { kind: 'upload', id };
      else if (isRemnant(name)) yield { kind: 'remnant', name };
    }
  }

  /** @throws Error `EEXIST` when another file of that name was put aside before */
  async setAside(id: string): Promise<string | undefined> {
    const place = join(this.lostFolder, fileNameOf(id));
    try {
      await moveFile(this.path(id), place);
      return place;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async removeRemnant(name: string, before: number): Promise<boolean> {
    if (!isRemnant(name)) throw new TypeError(`${name} is no remnant.`);
    const path = join(this.folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats || stats.mtimeMs >= before) return false;
    await removeIfThere(path);
    return true;
  }
}
