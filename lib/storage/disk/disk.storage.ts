import { opendir, stat, statfs } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { PRIVATE_FOLDER } from '../../folder/index.js';
import { REGISTRY_FOLDER } from '../../tus.constants.js';
import type {
  Holding,
  ReadOptions,
  StoredBytes,
  StoredPart,
  UploadStorage,
  UploadWriter,
} from '../storage.interface.js';
import { concatenateFiles } from './concatenate-files.js';
import { hasCode } from './disk.errors.js';
import { DiskWriter } from './disk.writer.js';
import { fenceFile } from './fence-file.js';
import { fileNameOf, isOwnName, isRemnant, uploadIdOf } from './file-names.js';
import { realPath } from './folders.js';
import { moveFile, placeFile, removeFile, removeIfThere, removeOtherName } from './move-file.js';
import { kindFault, refuse } from './own-file.js';
import { putAside } from './put-aside.js';
import { readFileOf } from './read-stream.js';
import { reclaimFile } from './reclaim-file.js';
import { UploadFolder, type DiskStorageOptions } from './upload-folder.js';

/** Where files go that nothing is known of; made for the first one. */
const LOST_FOLDER = join(REGISTRY_FOLDER, 'lost');

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

  assertSame(): Promise<void> {
    return this.folder.assertSame();
  }

  confirm(): Promise<void> {
    return this.folder.confirm();
  }

  async room(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.folder.path);
      return bavail * bsize;
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  /** No other folder has a file of that name; that there is none is true only of the right one. */
  async stat(id: string, filePath?: string): Promise<StoredBytes | undefined> {
    try {
      const path = this.path(id, filePath);
      const found = await this.folder.calls.lstat(path);
      if (!found) return await this.assertSame().then(() => undefined);
      const fault = kindFault(found);
      const modifiedAt = Math.trunc(found.mtimeMs);
      if (fault) return { size: 0, flushed: 0, modifiedAt, fault };
      const size = this.folder.doubtful.trusted(path, found);
      return { size, flushed: this.folder.flushedOf(path, found), modifiedAt };
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async openWriter(id: string): Promise<UploadWriter> {
    const path = this.path(id);
    try {
      this.folder.assertNotLost(id);
      await this.folder.doubtful.mend(path);
      return await DiskWriter.open(id, path, this.folder);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async renew(id: string, size: number): Promise<void> {
    this.folder.assertNotLost(id);
    await this.folder.doubtful.renew(this.path(id), size);
  }

  createReadStream(id: string, options: ReadOptions = {}, filePath?: string): Readable {
    return readFileOf(id, this.path(id, filePath), options);
  }

  async concatenate(id: string, parts: readonly StoredPart[], signal?: AbortSignal): Promise<void> {
    const target = this.path(id);
    const files = parts.map((part) => ({ ...part, path: this.path(part.id) }));
    await this.assertSame();
    this.folder.assertNotLost(id);
    try {
      await concatenateFiles(files, target, signal);
      if (files.length > 0) await this.folder.permit(target);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async place(id: string, filePath: string): Promise<boolean> {
    this.folder.assertNotLost(id);
    try {
      await this.assertFile(id, this.path(id));
      await placeFile(this.path(id), this.path(id, filePath), this.folder.directoryMode);
      return true;
    } catch (error) {
      const reason = await this.folder.explain(error);
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
    await this.folder.reserve.spend(() => reclaimFile(this.path(id, filePath), this.path(id)));
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
    const source = this.path(id, filePath);
    await this.assertFile(id, source);
    this.folder.assertNotLost(id);
    await moveFile(source, path, this.folder.directoryMode);
  }

  async remove(id: string): Promise<void> {
    const path = this.path(id);
    this.folder.assertNotLost(id);
    try {
      await removeFile(path);
      this.folder.forget(path);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async fence(id: string, unlessWrittenBy?: number): Promise<void> {
    try {
      await fenceFile(this.path(id), this.folder, unlessWrittenBy);
    } catch (error) {
      throw await this.folder.explain(error);
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

  async setAside(id: string): Promise<string | undefined> {
    this.folder.assertNotLost(id);
    return putAside(this.path(id), this.lostFolder, PRIVATE_FOLDER);
  }

  async removeRemnant(name: string, before: number): Promise<boolean> {
    if (!isRemnant(name)) throw new TypeError(`${name} is no remnant.`);
    const path = join(this.folder.path, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats || stats.mtimeMs >= before) return false;
    await removeIfThere(path);
    return true;
  }

  /** What is no file would be found at another path under the name of one. */
  private async assertFile(id: string, path: string): Promise<void> {
    const found = await this.folder.calls.lstat(path);
    if (found) refuse(id, kindFault(found));
  }
}
