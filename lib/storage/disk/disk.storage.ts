import { createReadStream } from 'node:fs';
import { opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { hasCode } from '../../errors/index.js';
import { PRIVATE_FOLDER } from '../../folder/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { REGISTRY_FOLDER } from '../../tus.constants.js';
import type {
  Cleared,
  FileStorage,
  FinishedPlace,
  Holding,
  Located,
  ReadOptions,
  StorageRecords,
  StoredBytes,
  UploadStorage,
  UploadWriter,
} from '../storage.interface.js';
import { concatenateFiles } from './concatenate-files.js';
import { DiskWriter } from './disk.writer.js';
import { fenceFile } from './fence-file.js';
import { isRemnant, uploadIdOf } from './file-names.js';
import { FilePlaces, isInPlace, placedAt } from './file-places.js';
import { moveFile, placeFile, removeFile, removeIfThere, removeOtherName } from './move-file.js';
import { moveTarget } from './move-target.js';
import { kindFault, refuse } from './own-file.js';
import { putAside } from './put-aside.js';
import { readFileOf } from './read-stream.js';
import { reclaimFile } from './reclaim-file.js';
import { UploadFolder, type UploadFolderOptions } from './upload-folder.js';

/** Where files go that nothing is known of; made for the first one. */
const LOST_FOLDER = join(REGISTRY_FOLDER, 'lost');

/** Names read from the folder at a time. */
const PAGE = 256;

/** Has the folder watched while it is open. */
export interface FolderMark {
  open(): Promise<void>;
  close(): Promise<void>;
}

/** What a `DiskStorage` needs. */
export interface DiskStorageOptions extends UploadFolderOptions {
  /** Keeps what it has to say of uploads. */
  readonly records: StorageRecords;
  /** What is opened in the folder when that is there, and closed with the storage. */
  readonly mark?: FolderMark;
  /** What to throw for a fault in opening the folder: that fault unless given. */
  explain?(this: void, fault: unknown): unknown;
}

/**
 * The storage of one machine: a file for each upload, named after its id, all in one folder. A finished
 * file that the application wants elsewhere in the folder lies there.
 */
export class DiskStorage implements UploadStorage {
  readonly files: FileStorage;
  readonly readsUnfinished = true;
  private readonly folder: UploadFolder;
  private readonly places: FilePlaces;
  private readonly records: StorageRecords;
  private readonly mark?: FolderMark;
  private readonly lostFolder: string;
  private readonly explain: (fault: unknown) => unknown;

  constructor(options: DiskStorageOptions) {
    this.folder = new UploadFolder(options);
    this.places = new FilePlaces(this.folder.path);
    this.records = options.records;
    this.mark = options.mark;
    this.explain = options.explain ?? ((fault) => fault);
    this.lostFolder = join(this.folder.path, LOST_FOLDER);
    this.files = { path: (upload) => this.places.of(upload), room: () => this.room() };
  }

  /** @throws Error of the file system when the folder cannot be made, or not be written to. */
  async open(): Promise<void> {
    try {
      await this.folder.reserve.spend(() => this.folder.make());
      await this.mark?.open();
    } catch (fault) {
      throw this.explain(fault);
    }
  }

  async close(): Promise<void> {
    await this.mark?.close();
  }

  assertSame(): Promise<void> {
    return this.folder.assertSame();
  }

  confirm(): Promise<void> {
    return this.folder.confirm();
  }

  async stat(upload: UploadRecord): Promise<StoredBytes | undefined> {
    return isInPlace(upload) ? this.statOwn(this.places.own(upload)) : this.statMoved(upload);
  }

  async holds(id: string): Promise<boolean> {
    return (await this.statOwn(this.places.first(id))) !== undefined;
  }

  locate(upload: UploadRecord): Located {
    const path = this.places.of(upload);
    return { path, storage: { type: 'disk', path } };
  }

  async openWriter({ id }: UploadRecord): Promise<UploadWriter> {
    const path = this.places.first(id);
    try {
      this.folder.assertNotLost(id);
      await this.folder.doubtful.renewIfDoubtful(path);
      return await DiskWriter.open(id, path, this.folder);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async cutBack(upload: UploadRecord, size: number): Promise<void> {
    if (upload.isDoubtful) return this.renew(upload.id, size);
    const writer = await this.openWriter(upload);
    try {
      await writer.truncate(Math.min(size, writer.size));
    } finally {
      await writer.close();
    }
  }

  createReadStream(upload: UploadRecord, options: ReadOptions = {}): Readable {
    const path = this.places.of(upload);
    const isOurs = path === this.places.own(upload);
    // Where it was moved to, it is the application's.
    return isOurs ? readFileOf(upload.id, path, options) : createReadStream(path, options);
  }

  async concatenate(
    { id }: UploadRecord,
    parts: readonly UploadRecord[],
    signal?: AbortSignal,
  ): Promise<void> {
    const target = this.places.first(id);
    const files = parts.map((part) => ({
      id: part.id,
      size: part.length ?? 0,
      path: this.places.own(part),
    }));
    await this.assertSame();
    this.folder.assertNotLost(id);
    try {
      await concatenateFiles(files, target, signal);
      if (files.length > 0) await this.folder.permit(target);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  /** The file has both names until the finish is committed. */
  async finish(upload: UploadRecord): Promise<FinishedPlace> {
    const { id, filePath } = upload;
    const path = this.places.wanted(upload);
    if (filePath === undefined || path === undefined) return {};
    this.folder.assertNotLost(id);
    try {
      await this.assertFile(id, this.places.first(id));
      await placeFile(this.places.first(id), path, this.folder.directoryMode);
      return { stored: placedAt(filePath) };
    } catch (error) {
      const reason = await this.folder.explain(error);
      if (hasCode(reason, 'EEXIST', 'EISDIR', 'ENOTDIR')) return { isMisplaced: true };
      throw reason;
    }
  }

  isTidy(upload: UploadRecord): boolean {
    if (upload.state === 'finished') return !hasPlace(upload);
    return upload.filePath === undefined;
  }

  /** A process that died after it had given the file its place has left it two names. */
  async tidy(upload: UploadRecord): Promise<void> {
    const { id, state } = upload;
    if (state === 'finished') {
      if (hasPlace(upload)) await this.removeFirst(id);
      return;
    }
    const path = this.places.wanted(upload);
    if (path === undefined) return;
    this.folder.assertNotLost(id);
    await removeOtherName(this.places.first(id), path);
  }

  targetOf(place: string): Promise<string> {
    return moveTarget(this.folder.path, place);
  }

  /**
   * @throws Error `EEXIST` when there is a file at the path
   * @throws Error `ENOENT` when the upload has no file
   * @throws NoSpaceError when the file goes to another device, and that one is full.
   */
  async move(upload: UploadRecord, target: string): Promise<void> {
    const { id, length } = upload;
    const source = this.places.own(upload);
    try {
      await this.assertFile(id, source);
      this.folder.assertNotLost(id);
      await moveFile(source, target, this.folder.directoryMode);
    } catch (error) {
      // A process that died after it had moved the file, but before that was noted, left it there.
      const moved = await stat(target).catch(() => undefined);
      const isMoved = hasCode(error, 'ENOENT') && moved !== undefined && moved.size === length;
      if (!isMoved) throw error;
    }
  }

  /**
   * A place of its own is not given free before the file has its first name back, so that by this name
   * it is known, when that was broken off, that another upload's file may lie there by now.
   */
  async remove(upload: UploadRecord): Promise<void> {
    const { id } = upload;
    const path = this.places.given(upload);
    if (path !== undefined) {
      this.folder.assertNotLost(id);
      await this.folder.reserve.spend(() => reclaimFile(path, this.places.first(id)));
      await this.records.keep(id, undefined);
    }
    await this.removeFirst(id);
  }

  /** What lies at the place that is wanted is the same file, as long as the finish is not committed. */
  async fence(upload: UploadRecord, unlessWrittenBy?: number): Promise<void> {
    await this.tidy(upload);
    try {
      await fenceFile(this.places.first(upload.id), this.folder, unlessWrittenBy);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async setAside({ id }: UploadRecord): Promise<string | undefined> {
    return this.putAside(id);
  }

  async *holdings(): AsyncGenerator<Holding> {
    for await (const entry of await opendir(this.folder.path, { bufferSize: PAGE })) {
      const { name } = entry;
      if (!entry.isFile()) continue;
      const id = uploadIdOf(name);
      if (id !== undefined) yield { name, id };
      else if (isRemnant(name)) yield { name };
    }
  }

  /** Bytes of an upload are never removed: they may be a finished file of the app's. */
  async clear({ name, id }: Holding, before: number): Promise<Cleared | undefined> {
    if (id === undefined && !isRemnant(name)) throw new TypeError(`${name} is no remnant.`);
    const path = join(this.folder.path, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats || stats.mtimeMs >= before) return undefined;
    if (id === undefined) return removeIfThere(path).then(() => ({ kind: 'removed' }));
    const place = await this.putAside(id);
    return place === undefined ? undefined : { kind: 'aside', place };
  }

  private async room(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.folder.path);
      return bavail * bsize;
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  /** No other folder has a file of that name; that there is none is true only of the right one. */
  private async statOwn(path: string): Promise<StoredBytes | undefined> {
    try {
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

  private async statMoved(upload: UploadRecord): Promise<StoredBytes | undefined> {
    const found = await stat(this.places.of(upload)).catch(() => undefined);
    if (found?.isFile()) return { size: found.size, flushed: 0, modifiedAt: found.mtimeMs };
    await this.assertSame();
    return undefined;
  }

  private async renew(id: string, size: number): Promise<void> {
    this.folder.assertNotLost(id);
    await this.folder.doubtful.renew(this.places.first(id), size);
  }

  /** What lies there in place of a file goes too, but for what it leads to and a folder. */
  private async removeFirst(id: string): Promise<void> {
    const path = this.places.first(id);
    this.folder.assertNotLost(id);
    try {
      await removeFile(path);
      this.folder.forget(path);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  private async putAside(id: string): Promise<string | undefined> {
    this.folder.assertNotLost(id);
    return putAside(this.places.first(id), this.lostFolder, PRIVATE_FOLDER);
  }

  /** What is no file would be found at another path under the name of one. */
  private async assertFile(id: string, path: string): Promise<void> {
    const found = await this.folder.calls.lstat(path);
    if (found) refuse(id, kindFault(found));
  }
}

/** Whether the file of a finished upload was given a place of its own, and is not to be removed. */
function hasPlace({ stored, fileRemovedAt }: UploadRecord): boolean {
  return stored !== undefined && fileRemovedAt === undefined;
}
