import { constants, fchmod, fdatasync, ftruncate, open, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import type { StoredBytes, UploadWriter } from '../storage.interface.js';
import {
  APPEND,
  changeOf,
  explainOpening,
  kindFault,
  refuse,
  sizeFault,
  type FileIdentity,
} from './own-file.js';
import { replaceByCopy } from './own-copy.js';
import type { UploadFolder } from './upload-folder.js';
import { writeAll } from './write-all.js';

/** How a file is opened that must not be there. */
const NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

const openFile = promisify(open);
const chmodFile = promisify(fchmod);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** Appends to one upload's file, which its first byte makes. */
export class DiskWriter implements UploadWriter {
  private fd?: number;
  private held = 0;
  /** What tells the file from others, once it was looked at. */
  private own?: FileIdentity;
  /** Whether the file's name is known to be on disk. */
  private named = false;

  private constructor(
    private readonly id: string,
    private readonly path: string,
    private readonly folder: UploadFolder,
  ) {}

  /** @throws FileChangedError when something else lies at the path */
  static async open(id: string, path: string, folder: UploadFolder): Promise<DiskWriter> {
    const { calls } = folder;
    // An error for each new file would cost more than to ask first.
    const found = await calls.lstat(path);
    if (!found) return new DiskWriter(id, path, folder);
    refuse(id, kindFault(found));
    const writer = new DiskWriter(id, path, folder);
    try {
      writer.fd = await calls.open(path, APPEND);
      await writer.measure();
      return writer;
    } catch (error) {
      await writer.close();
      throw explainOpening(id, error);
    }
  }

  get size(): number {
    return this.held;
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.every((chunk) => chunk.byteLength === 0)) return;
    const fd = await this.openForBytes();
    try {
      await writeAll(fd, chunks, this.held, (bytes) => (this.held += bytes));
    } catch (error) {
      // A failed step may have stored some of its bytes; when that cannot be told, the count holds.
      await this.measure().catch(() => undefined);
      throw await this.folder.explain(error);
    }
  }

  async create(): Promise<void> {
    await this.make();
  }

  async truncate(size: number): Promise<void> {
    if (size > this.held) throw new RangeError('An upload can only be cut back.');
    if (this.fd === undefined) return;
    const { nlink } = await this.look(this.fd);
    const fd = nlink > 1 ? await this.replace(this.fd) : this.fd;
    try {
      await truncateFile(fd, size);
    } catch (error) {
      // A file system that stores changes somewhere else needs room for this too.
      throw await this.folder.explain(error);
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
      throw await this.folder.explain(error);
    }
  }

  async confirm(): Promise<StoredBytes | undefined> {
    try {
      const found = await this.folder.calls.lstat(this.path);
      if (this.fd === undefined && !found) return undefined;
      if (this.fd !== undefined && !this.own) await this.look(this.fd);
      refuse(this.id, changeOf(found, this.own, this.held));
      return found && { size: found.size, modifiedAt: Math.trunc(found.mtimeMs) };
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async close(): Promise<void> {
    const { fd } = this;
    this.fd = undefined;
    if (fd !== undefined) await this.folder.calls.close(fd);
  }

  private async make(): Promise<number> {
    try {
      return (this.fd ??= await this.openNew());
    } catch (error) {
      throw await this.folder.explain(error);
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
      if (fileMode !== undefined) await chmodFile(fd, fileMode);
      return fd;
    } catch (error) {
      await this.folder.calls.close(fd);
      throw error;
    }
  }

  private async measure(): Promise<void> {
    if (this.fd === undefined) return;
    const found = await this.look(this.fd);
    refuse(this.id, kindFault(found));
    this.held = found.size;
  }

  private async look(fd: number): Promise<Stats> {
    const found = await this.folder.calls.fstat(fd);
    this.own ??= found;
    return found;
  }

  /** Bytes after the end of a file that was cut off would leave a hole of zeros before them. */
  private async openForBytes(): Promise<number> {
    const fd = await this.make();
    const found = await this.look(fd);
    refuse(this.id, sizeFault(found.size, this.held));
    return found.nlink > 1 ? this.replace(fd) : fd;
  }

  /** What is written to a file with further names would be written to those too. */
  private async replace(fd: number): Promise<number> {
    await this.confirm();
    try {
      await replaceByCopy(this.path);
      const copy = await this.folder.calls.open(this.path, APPEND);
      await this.folder.calls.close(fd);
      this.fd = copy;
      this.own = undefined;
      this.named = false;
      return copy;
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }
}
