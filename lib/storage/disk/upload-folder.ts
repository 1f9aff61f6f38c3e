import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { assertNotLost, type Fence } from '../../errors/index.js';
import { DiskCalls, type Eventually } from '../../file-system/index.js';
import { NO_RESERVE, type FolderCheck, type RoomReserve } from '../../folder/index.js';
import { toFlushError, toStorageError } from './disk.errors.js';
import { DoubtfulFiles } from './doubtful-files.js';
import { FolderSync } from './folder-sync.js';
import { makeFolder } from './folders.js';
import { askAnew, lookAfresh } from './fresh-look.js';
import { KnownSizes } from './known-sizes.js';

/** Most files that are known to be on disk; they take less than a megabyte, and others a flush more. */
const MOST_FLUSHED = 4096;

/** What is known of the folder that files lie in. */
export interface UploadFolderOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** Mode of files, whatever the umask; by the umask unless given. */
  readonly fileMode?: number;
  /** Mode of folders that are made, whatever the umask; by the umask unless given. */
  readonly directoryMode?: number;
  /** Knows whether the folder is still the one it was; it is taken for it unless given. */
  readonly watch?: FolderCheck;
  /** The calls to the disk that the folder is on; those of others on it are made by it too. */
  readonly calls?: DiskCalls;
  /** Room that is kept on its disk for what frees room. */
  readonly reserve?: RoomReserve;
  /** Whether files are flushed while they are written. */
  readonly flushesEarly?: boolean;
  /** Knows which uploads are another process's by now; none unless given. */
  readonly fence?: Fence;
}

/** The folder that the files of uploads lie in. */
export class UploadFolder {
  readonly path: string;
  readonly fileMode?: number;
  readonly directoryMode?: number;
  readonly calls: DiskCalls;
  readonly reserve: RoomReserve;
  readonly flushesEarly: boolean;
  /** Flushes that run beside the writes of its files. */
  readonly earlyFlushes = new Set<Promise<void>>();
  private readonly flushed = new KnownSizes(MOST_FLUSHED);
  /** Those of its files that a flush has failed on. */
  readonly doubtful = new DoubtfulFiles(this);
  private readonly names: FolderSync;
  private readonly watch?: FolderCheck;
  private readonly fence?: Fence;
  private shared = false;

  constructor(options: UploadFolderOptions) {
    this.path = resolve(options.folder);
    this.fileMode = options.fileMode;
    this.directoryMode = options.directoryMode;
    this.watch = options.watch;
    this.fence = options.fence;
    this.calls = options.calls ?? new DiskCalls();
    this.reserve = options.reserve ?? NO_RESERVE;
    this.flushesEarly = options.flushesEarly ?? false;
    this.names = FolderSync.of(this.path, this.calls);
  }

  /** @throws Error of the file system when it cannot be made, or not be written to */
  async make(): Promise<void> {
    await makeFolder(this.path, this.directoryMode);
    await this.calls.examine(this.path);
    await this.probe('');
  }

  /**
   * Makes a file and removes it; what is left by a process that dies in between, cleanup removes.
   *
   * @throws Error of the file system
   */
  async probe(content: string): Promise<void> {
    const probe = join(this.path, `.probe-${randomBytes(8).toString('hex')}`);
    try {
      await writeFile(probe, content, { flag: 'wx' });
      await this.permit(probe);
    } finally {
      await rm(probe, { force: true });
    }
  }

  /** Whether other machines may change its files, too. */
  get isShared(): boolean {
    return this.shared;
  }

  /** From now on other machines may change its files, too. */
  share(): void {
    this.shared = true;
  }

  /** What lies at a path now, be it a link; `undefined` when nothing does. */
  look(path: string): Eventually<Stats | undefined> {
    const isOwn = this.calls.isLocal && path.startsWith(this.path + sep);
    const mayBeStale = this.isShared && !isOwn;
    return mayBeStale ? lookAfresh(path, this.calls) : this.calls.lstat(path);
  }

  /** Has files be found that other machines have made. */
  async askAnew(): Promise<void> {
    if (this.isShared && !this.calls.isLocal) await askAnew(this.path, this.calls);
  }

  /** Gives a file that is there the mode that files have. */
  async permit(file: string): Promise<void> {
    if (this.fileMode !== undefined) await chmod(file, this.fileMode);
  }

  /**
   * Makes the name of a file in it durable.
   *
   * @param named when the file got it, in milliseconds since the epoch
   * @returns whether it is; not, when such a flush has failed since, so that the file must be renewed
   */
  async syncName(named: number): Promise<boolean> {
    if (this.names.mayHaveLost(named)) return false;
    await this.names.sync();
    return true;
  }

  /** How many bytes of a file are known to be on disk. */
  flushedOf(path: string, found: Stats): number {
    return Math.min(this.flushed.of(path, found) ?? 0, found.size);
  }

  /** Says how many are, from its start, because a flush has covered them. */
  noteFlushed(path: string, found: Stats, size: number): void {
    this.flushed.note(path, found, size);
  }

  /** There is no such file any more. */
  forget(path: string): void {
    this.flushed.forget(path);
    this.doubtful.forget(path);
  }

  /** Makes the names of all files in it durable. */
  syncNames(): Promise<void> {
    return this.names.sync();
  }

  /** @throws FolderLostError when it is not the folder any more that it was */
  async assertSame(): Promise<void> {
    await this.watch?.look();
  }

  /**
   * Makes sure, right before names of an upload's file are changed, and right after its file was
   * opened, that it is not another process's by now, for this one did not answer.
   *
   * A process may be stopped between this and the change of a name, for which the system has no
   * condition. There are microseconds for that, or a turn of the thread pool; what is lost then is a
   * name that the other process gives again, or that it was about to remove as well.
   *
   * @throws UploadFencedError
   */
  assertNotLost(id: string): void {
    assertNotLost(this.fence, id);
  }

  /** @throws FolderLostError as `assertSame()`, after a look that is shared with others */
  async confirm(): Promise<void> {
    await this.watch?.confirm();
  }

  /** What an error of the system means: in another folder than the right one, that it is another. */
  explain(error: unknown): Promise<unknown> {
    return this.explainAs(toStorageError, error);
  }

  /** The same of an error of a flush, which is no room or a fault of the disk. */
  explainFlush(error: unknown): Promise<unknown> {
    return this.explainAs(toFlushError, error);
  }

  private async explainAs(meaning: (error: unknown) => unknown, error: unknown): Promise<unknown> {
    try {
      await this.assertSame();
      return meaning(error);
    } catch (lost) {
      return lost;
    }
  }
}
