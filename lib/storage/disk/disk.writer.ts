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
import { FolderLostError } from '../../errors/index.js';
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
  private covered = 0;
  /** Whether the file's name is known to be on disk. */
  private named = false;
  /** When the file got its name, in milliseconds since the epoch. */
  private bornAt = 0;
  /** Why nothing can be done with the file until it is renewed. */
  private fault?: unknown;

  private constructor(
    private readonly path: string,
    private readonly folder: UploadFolder,
    private fd?: number,
  ) {}

  /**
   * Synchronous but for the making of a file, which may wait for the disk: nothing else here does,
   * and a turn in the thread pool costs several times as much as the call.
   */
  static async open(path: string, folder: UploadFolder): Promise<DiskWriter> {
    const writer = new DiskWriter(path, folder, openExisting(path));
    try {
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

  get flushed(): number {
    return this.covered;
  }

  get isDoubtful(): boolean {
    return this.fault !== undefined;
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
    if (this.fault !== undefined) throw this.fault;
    if (this.fd === undefined) return;
    try {
      await truncateFile(this.fd, size);
    } catch (error) {
      // A file system that stores changes somewhere else needs room for this too.
      throw this.folder.explain(error);
    }
    this.held = size;
    if (size < this.covered) this.note(this.fd, size);
  }

  async sync(): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    if (this.fd === undefined) return;
    try {
      await syncFile(this.fd);
      this.note(this.fd, this.held);
      // Also for a file that was there: whoever made it may not have come to this.
      if (!this.named) await this.syncName();
    } catch (error) {
      throw await this.fallBack(this.fd, error);
    }
  }

  close(): Promise<void> {
    const { fd } = this;
    this.fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(this.folder.explain(error) as Error);
    }
  }

  private async syncName(): Promise<void> {
    this.named = await this.folder.syncName(this.bornAt);
    if (!this.named) await this.renew();
  }

  /**
   * Goes back to what an earlier flush has covered, and on in a new file: what this one has not
   * stored, the next would pass over in silence.
   *
   * @returns what to throw
   */
  private async fallBack(fd: number, error: unknown): Promise<unknown> {
    const reason = this.folder.explainFlush(error);
    const isCut = this.held > this.covered;
    if (!isCut && reason instanceof FolderLostError) return reason;
    this.held = this.covered;
    try {
      this.folder.doubtful.add(this.path, fstatSync(fd), this.held);
      // First of all, and by its number: the process may be killed, and the path be another's.
      if (isCut) await truncateFile(fd, this.held).catch(() => undefined);
      await this.renew();
    } catch (fault) {
      this.fault = fault;
    }
    return reason;
  }

  private async renew(): Promise<void> {
    await this.folder.doubtful.renew(this.path, this.held);
    const fd = openExisting(this.path);
    await this.close();
    this.fd = fd;
    this.named = fd !== undefined;
    if (fd === undefined) return;
    this.measure();
    this.note(fd, this.held);
  }

  /** Remembers for those who write to the file later how much of it a flush has covered. */
  private note(fd: number, size: number): void {
    this.covered = size;
    this.folder.noteFlushed(this.path, fstatSync(fd), size);
  }

  private async make(): Promise<number> {
    if (this.fault !== undefined) throw this.fault;
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
    this.bornAt = Date.now();
    const fd = await openFile(this.path, NEW, fileMode ?? 0o666);
    try {
      if (fileMode !== undefined) fchmodSync(fd, fileMode);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private measure(): void {
    if (this.fd === undefined) return;
    const found = fstatSync(this.fd);
    this.held = found.size;
    this.covered = this.folder.flushedOf(this.path, found);
    this.bornAt = found.birthtimeMs;
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
