import { createReadStream, statSync } from 'node:fs';
import { opendir, stat, statfs } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { PRIVATE_FOLDER } from '../../folder/index.js';
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
import { realPath } from './folders.js';
import { moveFile, placeFile, removeIfThere, removeOtherName } from './move-file.js';
import { reclaimFile } from './reclaim-file.js';
import { renewFile } from './renew-file.js';
import { UploadFolder, type DiskStorageOptions } from './upload-folder.js';

/** Where files go that nothing is known of; made for the first one. */
const LOST_FOLDER = join(OWN_FOLDER, 'lost');

/** Names read from the folder at a time. */
const PAGE = 256;

/** The storage of one machine: a file for each upload, named after its id, all in one folder. */
export class DiskStorage implements UploadStorage {
  private readonly folder: UploadFolder;
  private readonly lostFolder: string;

  constructor(options: DiskStorageOptions) {
    this.folder = new UploadFolder(options);
    this.lostFolder = join(this.folder.path, LOST_FOLDER);
  }

  /** @throws Error of the file system when the folder cannot be made, or not be written to. */
  open(): Promise<void> {
    return this.folder.make();
  }

  assertSame(): void {
    this.folder.assertSame();
  }

  confirm(): Promise<void> {
    return this.folder.confirm();
  }

  async room(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.folder.path);
      return bavail * bsize;
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  /**
   * Synchronous, because a turn in the thread pool costs many times the call itself: a HEAD takes a
   * fifth less without it. The registry reads the same disk in the same way.
   *
   * No other folder has a file of that name; that there is none is true only of the right one.
   */
  stat(id: string): Promise<StoredBytes | undefined> {
    try {
      const found = statSync(this.path(id), { throwIfNoEntry: false });
      if (!found) this.assertSame();
      return Promise.resolve(found && { size: found.size, modifiedAt: Math.trunc(found.mtimeMs) });
    } catch (error) {
      return Promise.reject(this.folder.explain(error) as Error);
    }
  }

  async openWriter(id: string): Promise<UploadWriter> {
    try {
      return await DiskWriter.open(id, this.path(id), this.folder);
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  createReadStream(id: string, options: ReadOptions = {}, filePath?: string): Readable {
    const { start, end, blockSize: highWaterMark } = options;
    return createReadStream(this.path(id, filePath), { start, end, highWaterMark });
  }

  async concatenate(id: string, parts: readonly string[]): Promise<void> {
    const target = this.path(id);
    const paths = parts.map((part) => this.path(part));
    this.assertSame();
    this.folder.assertNotLost(id);
    try {
      await concatenateFiles(paths, target);
      if (paths.length > 0) await this.folder.permit(target);
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  async place(id: string, filePath: string): Promise<boolean> {
    this.folder.assertNotLost(id);
    try {
      await placeFile(this.path(id), this.path(id, filePath), this.folder.directoryMode);
      return true;
    } catch (error) {
      const reason = this.folder.explain(error);
      if (hasCode(reason, 'EEXIST', 'EISDIR', 'ENOTDIR')) return false;
      throw reason;
    }
  }

  async unplace(id: string, filePath: string): Promise<void> {
    this.folder.assertNotLost(id);
    await removeOtherName(this.path(id), this.path(id, filePath));
  }

  /** @throws Error `EISDIR` when a folder lies at the path */
  async reclaim(id: string, filePath: string): Promise<void> {
    this.folder.assertNotLost(id);
    await reclaimFile(this.path(id, filePath), this.path(id));
  }

  /** @throws TypeError for what is no id, so that it can never be a path. */
  path(id: string, filePath?: string): string {
    const name = fileNameOf(id);
    const { path } = this.folder;
    return filePath === undefined ? path + sep + name : join(path, filePath);
  }

  async isOwn(path: string): Promise<boolean> {
    const [folder, target] = await Promise.all([realPath(this.folder.path), realPath(path)]);
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
    this.folder.assertNotLost(id);
    await moveFile(this.path(id, filePath), path, this.folder.directoryMode);
  }

  async remove(id: string): Promise<void> {
    this.folder.assertNotLost(id);
    await removeIfThere(this.path(id));
  }

  async renew(id: string, unlessWrittenBy?: number): Promise<void> {
    try {
      await renewFile(this.path(id), this.folder, unlessWrittenBy);
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  async *holdings(): AsyncGenerator<Holding> {
    for await (const entry of await opendir(this.folder.path, { bufferSize: PAGE })) {
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
      await moveFile(this.path(id), place, PRIVATE_FOLDER);
      return place;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async removeRemnant(name: string, before: number): Promise<boolean> {
    if (!isRemnant(name)) throw new TypeError(`${name} is no remnant.`);
    const path = join(this.folder.path, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats || stats.mtimeMs >= before) return false;
    await removeIfThere(path);
    return true;
  }
}
