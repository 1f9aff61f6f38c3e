import { constants, fdatasync, ftruncate, open, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { asError, FolderLostError } from '../../errors/index.js';
import type { StoredBytes, UploadWriter, WriterOptions } from '../upload-writer.interface.js';
import { EarlyFlush } from './early-flush.js';
import { APPEND, changeOf, explainOpening, kindFault, refuse, sizeFault } from './own-file.js';
import { replaceByCopy } from './renew-file.js';
import { isUnrecorded, recordedMode, UNRECORDED } from './unrecorded-mark.js';
import type { UploadFolder } from './upload-folder.js';
import { writeAll } from './write-all.js';

/** How a file is opened that must not be there. */
const NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);
const readFile = promisify(read);

/** Appends to one upload's file, which its first byte makes. */
export class DiskWriter implements UploadWriter {
  private fd?: number;
  private held = 0;
  private covered = 0;
  /** What tells the file from others, once it was looked at. */
  private own?: Stats;
  /** Whether the file's name is known to be on disk. */
  private named = false;
  /** When the file got its name, in milliseconds since the epoch. */
  private bornAt = 0;
  /** Why nothing can be done with the file until it is renewed. */
  private fault?: Error;
  /** Flushes while bytes come; absent where none is flushed, and before the first of them. */
  private early?: EarlyFlush;

  private constructor(
    private readonly id: string,
    private readonly path: string,
    private readonly folder: UploadFolder,
    private readonly options: WriterOptions,
  ) {}

  /**
   * Another process that takes the upload from this one says so first, and then gives it a new file.
   * So what was open before it said so is a file that is not read any more, if it ever says so.
   *
   * @throws FileChangedError when something else lies at the path
   * @throws UploadFencedError
   */
  static async open(
    id: string,
    path: string,
    folder: UploadFolder,
    options: WriterOptions = {},
  ): Promise<DiskWriter> {
    const writer = new DiskWriter(id, path, folder, options);
    await writer.openExisting();
    return writer;
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
    this.folder.reserve.assertWhole();
    const fd = await this.openForBytes();
    try {
      await writeAll(fd, chunks, this.held, (bytes) => (this.held += bytes));
      if (this.folder.flushesEarly) await this.flushEarly(fd);
    } catch (error) {
      // A failed step may have stored some of its bytes; when that cannot be told, the count holds.
      await this.measure(fd).catch(() => undefined);
      throw await this.folder.explain(error);
    }
  }

  async start(most: number): Promise<Uint8Array> {
    if (this.fd === undefined) return Buffer.alloc(0);
    const { buffer, bytesRead } = await readFile(this.fd, Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  }

  async complete(): Promise<void> {
    await this.make();
  }

  async truncate(size: number): Promise<void> {
    if (size > this.held) throw new RangeError('An upload can only be cut back.');
    if (this.fault !== undefined) throw this.fault;
    if (this.fd === undefined) return;
    await this.early?.settled();
    const { nlink } = await this.look(this.fd);
    const fd = nlink > 1 ? await this.replace(this.fd) : this.fd;
    try {
      await truncateFile(fd, size);
    } catch (error) {
      // A file system that stores changes somewhere else needs room for this too.
      throw await this.folder.explain(error);
    }
    this.held = size;
    if (size < this.covered) await this.note(this.fd, size);
  }

  async mustSync(): Promise<boolean> {
    await this.early?.settled();
    return this.early?.fault !== undefined;
  }

  async sync(): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    if (this.fd === undefined) return;
    try {
      await this.endEarly();
      await syncFile(this.fd);
      await this.note(this.fd, this.held);
      // Also for a file that was there: the process that made it may not have come to this.
      if (!this.named) await this.syncName();
    } catch (error) {
      throw await this.fallBack(this.fd, error);
    }
  }

  async confirm(): Promise<StoredBytes | undefined> {
    try {
      const found = await this.folder.look(this.path);
      if (this.fd === undefined && !found) return undefined;
      if (this.fd !== undefined && !this.own) await this.look(this.fd);
      refuse(this.id, changeOf(found, this.own, this.held));
      return found && this.describe(found);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  async recorded(): Promise<void> {
    const { fd } = this;
    if (fd === undefined) return;
    const own = this.own ?? (await this.look(fd));
    if (!isUnrecorded(own)) return;
    const mode = this.folder.fileMode ?? recordedMode(own);
    try {
      await this.folder.calls.fchmod(fd, mode);
    } catch {
      // A file that stays marked is kept all the same, as long as its record is there.
    }
  }

  async close(): Promise<void> {
    const { fd } = this;
    try {
      // What nothing has asked about must not count either.
      await this.endEarly().catch((error: unknown) => fd !== undefined && this.fallBack(fd, error));
    } finally {
      this.early = undefined;
    }
    return this.closeFile();
  }

  private async closeFile(): Promise<void> {
    const { fd } = this;
    this.fd = undefined;
    try {
      if (fd !== undefined) await this.folder.calls.close(fd);
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }

  private flushEarly(fd: number): Promise<void> | undefined {
    if (!this.early && !EarlyFlush.isDue(this.held, this.covered)) return undefined;
    const flush = async (size: number) => {
      await syncFile(fd);
      this.named ||= await this.folder.syncName(this.bornAt);
      await this.note(fd, Math.max(size, this.covered));
    };
    this.early ??= new EarlyFlush(this.covered, flush, this.folder.earlyFlushes);
    return this.early.advance(this.held);
  }

  /** @throws what a flush has failed with that nothing has waited for */
  private async endEarly(): Promise<void> {
    const { early } = this;
    await early?.settled();
    if (early?.fault === undefined) return;
    this.early = undefined;
    throw early.fault;
  }

  private describe(found: Stats): StoredBytes {
    return { size: found.size, flushed: this.covered, modifiedAt: Math.trunc(found.mtimeMs) };
  }

  /** An error for each new file would cost more than to ask first. */
  private async openExisting(): Promise<void> {
    const { calls } = this.folder;
    const found = await this.folder.look(this.path);
    if (!found) return;
    refuse(this.id, kindFault(found));
    try {
      this.fd = await calls.open(this.path, APPEND);
      // A file that is made is looked after then.
      this.folder.assertNotLost(this.id);
      await this.measure(this.fd);
    } catch (error) {
      await this.close();
      throw explainOpening(this.id, error);
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
    const reason = await this.folder.explainFlush(error);
    const isCut = this.held > this.covered;
    if (!isCut && reason instanceof FolderLostError) return reason;
    this.held = this.covered;
    try {
      this.folder.doubtful.add(this.path, await this.folder.calls.fstat(fd), this.held);
      // First of all, and by its number: the process may be killed, and the path be another's.
      if (isCut) await truncateFile(fd, this.held).catch(() => undefined);
      await this.renew();
    } catch (fault) {
      this.fault = asError(fault);
    }
    return reason;
  }

  private async renew(): Promise<void> {
    this.folder.assertNotLost(this.id);
    await this.folder.doubtful.renew(this.path, this.held);
    await this.closeFile();
    this.early = undefined;
    this.own = undefined;
    await this.openExisting();
    this.named = this.fd !== undefined;
    if (this.fd !== undefined) await this.note(this.fd, this.held);
  }

  /** Remembers for those who write to the file later how much of it a flush has covered. */
  private async note(fd: number, size: number): Promise<void> {
    this.covered = size;
    this.folder.noteFlushed(this.path, await this.folder.calls.fstat(fd), size);
  }

  private async make(): Promise<number> {
    if (this.fault !== undefined) throw this.fault;
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
    const mark = this.options.isUnrecorded ? UNRECORDED : 0;
    await this.folder.confirm();
    this.bornAt = Date.now();
    const fd = await openFile(this.path, NEW, (fileMode ?? 0o666) | mark);
    try {
      this.folder.assertNotLost(this.id);
      if (fileMode !== undefined) await this.folder.calls.fchmod(fd, fileMode | mark);
      return fd;
    } catch (error) {
      await this.folder.calls.close(fd);
      throw error;
    }
  }

  private async measure(fd: number): Promise<void> {
    const found = await this.look(fd);
    refuse(this.id, kindFault(found));
    this.held = found.size;
    this.covered = this.folder.flushedOf(this.path, found);
    this.bornAt = found.birthtimeMs;
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
      this.folder.assertNotLost(this.id);
      await this.early?.settled();
      await replaceByCopy(this.path);
      const copy = await this.folder.calls.open(this.path, APPEND);
      await this.folder.calls.close(fd);
      this.fd = copy;
      this.own = undefined;
      this.named = false;
      this.bornAt = Date.now();
      await this.note(copy, this.held);
      return copy;
    } catch (error) {
      throw await this.folder.explain(error);
    }
  }
}
