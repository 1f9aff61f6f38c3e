import type { Readable } from 'node:stream';
import { hasCode } from '../../errors/index.js';
import type { StorageState, UploadRecord, UploadRegistry } from '../../registry/index.js';
import type {
  ByteRange,
  LocalCopies,
  Located,
  SharedHead,
  StoredBytes,
  UploadStorage,
} from '../../storage/index.js';
import type { Leases } from '../leases/leases.js';
import { assertUnchanged } from '../model/unchanged.js';
import { isPartial } from '../model/upload-kind.js';
import { isWithin, type UploadScope } from '../model/upload-scope.js';
import { NoFileError, UploadGoneError, UploadNotFoundError } from '../model/upload.errors.js';
import { bytesOf, TELLING_RANGE, typeOf } from '../rules/type-check.js';

/** A finished upload, and what lies where its file was left. */
export interface FoundFile {
  readonly record: UploadRecord;
  readonly found: StoredBytes;
}

/**
 * The files of finished uploads, and what an application may do with them.
 *
 * Whatever happens to the file, the record stays and goes on saying that the upload is complete,
 * so a client that lost the last answer never sends the file again.
 */
export class FinishedFiles {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly leases: Leases,
    private readonly copies: LocalCopies,
  ) {}

  /** Where the file of a finished upload is, or was until it was removed. */
  locate(record: UploadRecord): Located {
    return this.storage.locate(record);
  }

  /** Whether they are files on this machine. */
  get areFiles(): boolean {
    return this.storage.files !== undefined;
  }

  /**
   * A finished upload that a client may have the file of, and what lies there.
   *
   * @throws UploadNotFoundError, UploadGoneError, NoFileError, FileChangedError
   */
  async find(id: string, scope: UploadScope): Promise<FoundFile> {
    const record = await this.registry.get(id);
    if (!record || !isWithin(scope, record)) throw new UploadNotFoundError(id);
    const { state } = record;
    if (state === 'expired') throw new UploadGoneError(id, state);
    if (state === 'terminated' || state === 'quarantined') {
      throw new UploadGoneError(id, 'terminated');
    }
    if (isPartial(record)) throw new NoFileError(id, 'it is a part of another one');
    const found = await this.look(record);
    if (!found) throw new NoFileError(id, reasonOf(record));
    if (isStored(record)) assertUnchanged(record, found);
    return { record, found };
  }

  /** The bytes of one that was found, or some of them. */
  read(record: UploadRecord, range?: ByteRange): Readable {
    return this.storage.createReadStream(record, range);
  }

  /**
   * A URL at which the storage itself gives the bytes of one that was found.
   *
   * @param seconds how long it does
   */
  share(record: UploadRecord, seconds: number, head: SharedHead): Promise<string> {
    const { shared } = this.storage;
    if (!shared) throw new TypeError('The storage gives no bytes to clients itself.');
    return shared.url(record, seconds, head);
  }

  /**
   * Makes sure that what lies where this module has put the file is one, of the size of the upload: one
   * that was moved is the application's, and one that is gone is not there to be mistaken.
   *
   * @throws FileChangedError
   */
  async assertWhole(record: UploadRecord): Promise<void> {
    if (!isStored(record)) return;
    const found = await this.storage.stat(record);
    if (found) assertUnchanged(record, found);
  }

  /**
   * Absolute path of the file.
   *
   * @throws UploadNotFoundError, NoFileError, also where the storage keeps no files
   */
  async getPath(id: string): Promise<string> {
    const record = await this.finishedRecord(id, { evenIfQuarantined: true });
    const { path, storage } = this.locate(record);
    if (this.storage.files) return this.storage.files.path(record);
    throw new NoFileError(id, `it is no file on this machine but ${path} (${storage.type})`);
  }

  /**
   * The file, or a part of it, as a stream.
   *
   * @throws UploadNotFoundError, NoFileError, FileChangedError
   */
  async createReadStream(id: string, range?: ByteRange): Promise<Readable> {
    const record = await this.finishedRecord(id, { evenIfQuarantined: true });
    await this.assertWhole(record);
    return this.storage.createReadStream(record, range);
  }

  /**
   * Copies the file to one on this machine, never over another's. It may be repeated.
   *
   * @returns the absolute path
   * @throws RangeError for a place that is the storage's own
   * @throws UploadNotFoundError, NoFileError, FileChangedError, and the file system's errors (`EEXIST`, `EACCES` …)
   */
  async copyTo(id: string, path: string): Promise<string> {
    const record = await this.finishedRecord(id, { evenIfQuarantined: true });
    const { files } = this.storage;
    const target = files ? await this.storage.targetOf(path) : path;
    await this.assertWhole(record);
    const source = {
      id,
      size: isStored(record) ? record.length : undefined,
      path: files?.path(record),
      read: () => this.storage.createReadStream(record),
    };
    return this.copies.make(source, target);
  }

  /**
   * The first bytes, which tell the type: 4,100 of them, or all if there are fewer; none of a file that
   * was removed, by us or by the application.
   */
  async startOf(record: UploadRecord): Promise<Buffer> {
    if (record.fileRemovedAt !== undefined) return Buffer.alloc(0);
    const start = await this.createReadStream(record.id, TELLING_RANGE);
    return bytesOf(start).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return Buffer.alloc(0);
      throw error;
    });
  }

  /**
   * The media type of the file: by its bytes where they show it, else, or once it was removed, by its
   * client's word.
   *
   * @param start the bytes that tell it
   */
  async typeOf(record: UploadRecord, start: Uint8Array): Promise<string> {
    return (await typeOf(record.metadata, start)) ?? 'application/octet-stream';
  }

  /**
   * Moves the file to another place, across devices too, and never over an existing file. Moving it
   * again to the same place does nothing, so a handler may simply be repeated.
   *
   * @returns the place, as the storage has it
   * @throws RangeError for a place that is the storage's own
   * @throws UploadNotFoundError, NoFileError, FileChangedError, and the file system's errors (`EEXIST`, `EACCES` …)
   */
  async moveTo(id: string, place: string): Promise<string> {
    return this.leases.hold(id, async () => {
      const record = await this.finishedRecord(id);
      const target = await this.storage.targetOf(place);
      if (record.movedTo === target) return target;
      if (record.movedTo !== undefined) throw new NoFileError(id, 'it was moved elsewhere');
      await this.assertWhole(record);

      await this.storage.tidy(record);
      await this.mark(id, { movingTo: target });
      const stored = await this.move(record, target);
      await this.mark(id, { movedTo: target, movingTo: undefined, stored });
      return target;
    });
  }

  /**
   * Deletes the file, unless it was moved away and so belongs to the application, and remembers
   * only that the upload was finished. Doing it again does nothing.
   *
   * @throws UploadNotFoundError, NoFileError when the upload is not finished
   */
  async remove(id: string): Promise<void> {
    await this.leases.hold(id, async () => {
      const record = await this.finishedRecord(id, { evenIfRemoved: true });
      if (record.fileRemovedAt !== undefined) return;

      await this.storage.tidy(record);
      const fileRemovedAt = Date.now();
      // Due at once, as every upload whose bytes go after its record.
      await this.registry.change(id, (current) => ({
        record: { ...current, fileRemovedAt, dueAt: fileRemovedAt },
      }));
      await this.storage.remove(record);
    });
  }

  /**
   * Whether the file is still where it was left, by us or by the application.
   *
   * @throws FolderLostError when that cannot be told
   */
  async isThere(record: UploadRecord): Promise<boolean> {
    return (await this.look(record)) !== undefined;
  }

  /** What lies where the file was left; `undefined` when nothing does. */
  private async look(record: UploadRecord): Promise<StoredBytes | undefined> {
    const mayBeThere = record.state === 'finished' && record.fileRemovedAt === undefined;
    return mayBeThere ? this.storage.stat(record) : undefined;
  }

  private async finishedRecord(
    id: string,
    { evenIfRemoved = false, evenIfQuarantined = false } = {},
  ): Promise<UploadRecord> {
    const record = await this.registry.get(id);
    if (!record) throw new UploadNotFoundError(id);
    const isAllowed = evenIfQuarantined && record.state === 'quarantined';
    if (record.state !== 'finished' && !isAllowed) {
      throw new NoFileError(id, `it is ${record.state}`);
    }
    if (record.fileRemovedAt !== undefined && !evenIfRemoved) {
      throw new NoFileError(id, 'it was removed');
    }
    return record;
  }

  private async mark(
    id: string,
    place: Pick<UploadRecord, 'movedTo' | 'movingTo' | 'stored'>,
  ): Promise<void> {
    await this.registry.change(id, (current) => ({ record: { ...current, ...place } }));
  }

  private async move(record: UploadRecord, target: string): Promise<StorageState | undefined> {
    try {
      return await this.storage.move(record, target);
    } catch (error) {
      // The first fault is the one to report.
      await this.unmark(record).catch(() => undefined);
      throw error;
    }
  }

  /** What has left its place is found by where it was to go. */
  private async unmark(record: UploadRecord): Promise<void> {
    if (await this.storage.stat(record)) await this.mark(record.id, { movingTo: undefined });
  }
}

/** Whether the file lies where this module has put it, for certain. */
function isStored({ movedTo, movingTo }: UploadRecord): boolean {
  return movedTo === undefined && movingTo === undefined;
}

function reasonOf({ state }: UploadRecord): string {
  return state === 'finished' ? 'it was removed' : 'it is not finished';
}
