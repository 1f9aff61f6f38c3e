import { createReadStream } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { UploadRecord } from '../../registry/index.js';
import type { Located } from '../storage-location.interface.js';
import type {
  Cleared,
  FileStorage,
  FinishedPlace,
  Holding,
  ReadOptions,
  StorageRecords,
  UploadStorage,
} from '../storage.interface.js';
import type { StoredBytes, UploadWriter, WriterOptions } from '../upload-writer.interface.js';
import { concatenateFiles } from './concatenate-files.js';
import { DiskWriter } from './disk.writer.js';
import { fenceFile } from './fence-file.js';
import { FilePlaces, isInPlace } from './file-places.js';
import { moveTarget } from './move-target.js';
import { OrphanFiles } from './orphan-files.js';
import { kindFault } from './own-file.js';
import { PlacedFiles } from './placed-files.js';
import { readFileOf } from './read-stream.js';
import { UploadFolder, type UploadFolderOptions } from './upload-folder.js';

/** The right of one instance to a folder. */
export interface FolderHold {
  /** @throws UnfitFolderError when another one has it */
  take(): Promise<void>;
  /**
   * See `SharedFolder.share()`.
   *
   * @throws UnfitFolderError when its files are another registry's
   */
  share(registry: string): Promise<string>;
  /** Nothing happens when it was not taken. */
  giveBack(): Promise<void>;
}

/** What a `DiskStorage` needs. */
export interface DiskStorageOptions extends UploadFolderOptions {
  /** Taken from `open()` to `close()`; the folder is this storage's alone unless given. */
  readonly hold?: FolderHold;
  /** Keeps what it has to say of uploads. */
  readonly records: StorageRecords;
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
  readonly keepsUnrecorded = true;
  private readonly folder: UploadFolder;
  private readonly places: FilePlaces;
  private readonly placed: PlacedFiles;
  private readonly orphans: OrphanFiles;
  private readonly hold?: FolderHold;
  private readonly explain: (fault: unknown) => unknown;

  constructor(options: DiskStorageOptions) {
    const { hold } = options;
    this.folder = new UploadFolder(options);
    this.places = new FilePlaces(this.folder.path);
    this.placed = new PlacedFiles(this.folder, this.places, options.records);
    this.orphans = new OrphanFiles(this.folder, this.places);
    this.hold = hold;
    this.explain = options.explain ?? ((fault) => fault);
    const { path } = this.folder;
    this.files = {
      path: (upload) => this.places.of(upload),
      room: () => this.room(),
      ...(hold && { folder: { path, share: (registry) => this.share(hold, registry) } }),
    };
  }

  /**
   * @throws UnfitFolderError when it is another instance's
   * @throws Error of the file system when the folder cannot be made, or not be written to.
   */
  async open(): Promise<void> {
    try {
      await this.folder.reserve.spend(() => this.folder.make());
      await this.hold?.take();
    } catch (fault) {
      throw this.explain(fault);
    }
  }

  async close(): Promise<void> {
    await this.hold?.giveBack();
  }

  assertSame(): Promise<void> {
    return this.folder.assertSame();
  }

  confirm(): Promise<void> {
    return this.folder.confirm();
  }

  /** The write comes first: it waits in the pool, where a disk that hangs holds up nothing else. */
  async probe(): Promise<void> {
    try {
      await this.folder.probe('.');
    } catch (error) {
      throw await this.folder.explain(error);
    }
    await this.assertSame();
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

  async openWriter({ id }: UploadRecord, options?: WriterOptions): Promise<UploadWriter> {
    const path = this.places.first(id);
    try {
      this.folder.assertNotLost(id);
      await this.folder.doubtful.renewIfDoubtful(path);
      return await DiskWriter.open(id, path, this.folder, options);
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
    await this.folder.askAnew();
    this.folder.assertNotLost(id);
    try {
      await concatenateFiles(files, target, signal);
      if (files.length > 0) await this.folder.permit(target);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  finish(upload: UploadRecord): Promise<FinishedPlace> {
    return this.placed.finish(upload);
  }

  isTidy(upload: UploadRecord): boolean {
    return this.placed.isTidy(upload);
  }

  tidy(upload: UploadRecord): Promise<void> {
    return this.placed.tidy(upload);
  }

  /** Who writes to a file that was fenced writes to one without a name. */
  settlesAt(): undefined {}

  async move(upload: UploadRecord, target: string): Promise<undefined> {
    await this.placed.move(upload, target);
  }

  remove(upload: UploadRecord): Promise<void> {
    return this.placed.remove(upload);
  }

  setAside(upload: UploadRecord): Promise<string | undefined> {
    return this.orphans.setAside(upload);
  }

  holdings(): AsyncIterable<Holding> {
    return this.orphans.holdings();
  }

  clear(holding: Holding, before: number): Promise<Cleared | undefined> {
    return this.orphans.clear(holding, before);
  }

  targetOf(place: string): Promise<string> {
    return moveTarget(this.folder.path, place);
  }

  /** What lies at the place that is wanted is the same file, as long as the finish is not committed. */
  async fence(upload: UploadRecord, unlessWrittenBy?: number): Promise<void> {
    await this.tidy(upload);
    // By another mount of a shared folder, it is not seen that a process has the file open.
    const writer = this.folder.isShared ? undefined : unlessWrittenBy;
    try {
      await fenceFile(this.places.first(upload.id), this.folder, writer);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  private async share(hold: FolderHold, registry: string): Promise<string> {
    this.folder.share();
    try {
      return await hold.share(registry);
    } catch (fault) {
      throw this.explain(fault);
    }
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
      const found = await this.folder.look(path);
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
}
