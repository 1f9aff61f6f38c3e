import { stat } from 'node:fs/promises';
import { hasCode } from '../../errors/index.js';
import type { UploadRecord } from '../../registry/index.js';
import type { FinishedPlace, StorageRecords } from '../storage.interface.js';
import { placedAt, type FilePlaces } from './file-places.js';
import { isThere, moveFile, placeFile, removeFile, removeOtherName } from './move-file.js';
import { kindFault, refuse } from './own-file.js';
import { reclaimFile } from './reclaim-file.js';
import type { UploadFolder } from './upload-folder.js';

/**
 * The names that files have one after the other: the first one, the place in the folder that the
 * application wants, and where it moves them. Each step may be broken off, and repeated.
 */
export class PlacedFiles {
  constructor(
    private readonly folder: UploadFolder,
    private readonly places: FilePlaces,
    private readonly records: StorageRecords,
  ) {}

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
    if (state === 'finished') return this.tidyFinished(upload);
    const path = this.places.wanted(upload);
    if (path === undefined) return;
    this.folder.assertNotLost(id);
    await removeOtherName(this.places.first(id), path);
  }

  /**
   * @throws Error `EEXIST` when there is a file at the path
   * @throws Error `ENOENT` when the upload has no file
   * @throws NoSpaceError when the file goes to another device, and that one is full.
   */
  async move(upload: UploadRecord, target: string): Promise<void> {
    const { id, length } = upload;
    const source = this.places.own(upload);
    const isPlaced = this.places.given(upload) !== undefined;
    try {
      await this.assertFile(id, source);
      this.folder.assertNotLost(id);
      if (isPlaced) await this.moveFromPlace(upload, target);
      else await moveFile(source, target, this.folder.directoryMode);
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

  /** The first name of a file that is on its way says where that is, unless it is one of two. */
  private async tidyFinished(upload: UploadRecord): Promise<void> {
    const { id, movingTo } = upload;
    if (!hasPlace(upload)) return;
    if (movingTo === undefined) return this.removeFirst(id);
    this.folder.assertNotLost(id);
    await removeOtherName(this.places.own(upload), this.places.first(id));
  }

  /**
   * The place is given free as by `remove()`, so that a file of another upload which lies there by then
   * is not taken for this one when that is broken off.
   */
  private async moveFromPlace(upload: UploadRecord, target: string): Promise<void> {
    const [path, first] = [this.places.own(upload), this.places.first(upload.id)];
    const { directoryMode } = this.folder;
    const leave = () => this.remove(upload);
    await removeOtherName(path, first);
    if (!(await isThere(first))) return moveFile(path, target, directoryMode, leave);
    await leave();
    await moveFile(first, target, directoryMode);
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

  /** What is no file would be found at another path under the name of one. */
  private async assertFile(id: string, path: string): Promise<void> {
    const found = await this.folder.look(path);
    if (found) refuse(id, kindFault(found));
  }
}

/** Whether the file of a finished upload was given a place of its own, and is not to be removed. */
function hasPlace({ stored, fileRemovedAt }: UploadRecord): boolean {
  return stored !== undefined && fileRemovedAt === undefined;
}
