import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  ftruncate,
  open,
  openSync,
  statSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { UploadWriter } from '../storage.interface.js';
import type { UploadFolder } from './upload-folder.js';
import { writeAll } from './write-all.js';

/** How a file is opened that must not be there. */
const NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** Appends to one upload's file, which its first byte makes. */
export class DiskWriter implements UploadWriter {
  private held = 0;
  /** Whether the file's name is known to be on disk. */
  private named = false;

  private constructor(
    private readonly id: string,
    private readonly path: string,
    private readonly folder: UploadFolder,
    private fd?: number,
  ) {}

  /**
   * Synchronous but for the making of a file, which may wait for the disk: nothing else here does,
   * and a turn in the thread pool costs several times as much as the call.
   *
   * Another process that takes the upload from this one says so first, and then gives it a new file.
   * So what was open before it said so is a file that nobody reads any more, if it ever says so.
   *
   * @throws UploadFencedError
   */
  static async open(id: string, path: string, folder: UploadFolder): Promise<DiskWriter> {
    const writer = new DiskWriter(id, path, folder, openExisting(path));
    try {
      // A file that is made is looked after then.
      if (writer.fd !== undefined) folder.assertNotLost(id);
      writer.measure();
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  get size(): number {
    return this.held;
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.every((chunk) => chunk.byteLength === 0)) return;
    const fd = await this.make();
    try {
      await writeAll(fd, chunks, this.held, (bytes) => (this.held += bytes));
    } catch (error) {
      // A failed step may have stored some of its bytes; when that cannot be told, the count holds.
      this.measureIfPossible();
      throw this.folder.explain(error);
    }
  }

  async create(): Promise<void> {
    await this.make();
  }

  async truncate(size: number): Promise<void> {
    if (size > this.held) throw new RangeError('An upload can only be cut back.');
    if (this.fd === undefined) return;
    try {
      await truncateFile(this.fd, size);
    } catch (error) {
      // A file system that stores changes somewhere else needs room for this too.
      throw this.folder.explain(error);
    }
    this.held = size;
  }

  async sync(): Promise<void> {
    if (this.fd === undefined) return;
    try {
      await syncFile(this.fd);
      // Also for a file that was there: whoever made it may not have come to this.
      if (!this.named) await this.folder.sync();
      this.named = true;
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  close(): Promise<void> {
    const { fd } = this;
    this.fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  private async make(): Promise<number> {
    try {
      this.fd ??= await this.openNew();
      return this.fd;
    } catch (error) {
      throw this.folder.explain(error);
    }
  }

  /**
   * Fails when the file has come to be since, for its bytes must not be written over, and where the
   * folder is another one, which must not be filled with what will not be found.
   */
  private async openNew(): Promise<number> {
    const { fileMode } = this.folder;
    await this.folder.confirm();
    const fd = await openFile(this.path, NEW, fileMode ?? 0o666);
    try {
      this.folder.assertNotLost(this.id);
      if (fileMode !== undefined) fchmodSync(fd, fileMode);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private measure(): void {
    if (this.fd !== undefined) this.held = fstatSync(this.fd).size;
  }

  private measureIfPossible(): void {
    try {
      this.measure();
    } catch {
      // What was counted holds.
    }
  }
}

function openExisting(path: string): number | undefined {
  // An error for each new file would cost more than to ask first.
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  return isThere ? openSync(path, constants.O_RDWR) : undefined;
}
