import { randomBytes } from 'node:crypto';
import { chmod, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NO_RESERVE, type FolderCheck, type RoomReserve } from '../../folder/index.js';
import { toStorageError } from './disk.errors.js';
import { FolderSync } from './folder-sync.js';
import { makeFolder } from './folders.js';

/** Where a `DiskStorage` keeps its files. */
export interface DiskStorageOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** Mode of files, whatever the umask; by the umask unless given. */
  readonly fileMode?: number;
  /** Mode of folders that are made, whatever the umask; by the umask unless given. */
  readonly directoryMode?: number;
  /** Knows whether the folder is still the one it was; it is taken for it unless given. */
  readonly watch?: FolderCheck;
  /** Room that is kept on its disk for what frees room. */
  readonly reserve?: RoomReserve;
}

/** The folder that the files of uploads lie in. */
export class UploadFolder {
  readonly path: string;
  readonly fileMode?: number;
  readonly directoryMode?: number;
  readonly reserve: RoomReserve;
  private readonly names: FolderSync;
  private readonly watch?: FolderCheck;

  constructor(options: DiskStorageOptions) {
    this.path = resolve(options.folder);
    this.fileMode = options.fileMode;
    this.directoryMode = options.directoryMode;
    this.watch = options.watch;
    this.reserve = options.reserve ?? NO_RESERVE;
    this.names = FolderSync.of(this.path);
  }

  /** @throws Error of the file system when it cannot be made, or not be written to */
  async make(): Promise<void> {
    await makeFolder(this.path, this.directoryMode);
    const probe = join(this.path, `.probe-${randomBytes(8).toString('hex')}`);
    await writeFile(probe, '', { flag: 'wx' });
    try {
      await this.permit(probe);
    } finally {
      await unlink(probe);
    }
  }

  /** Gives a file that is there the mode that files have. */
  async permit(file: string): Promise<void> {
    if (this.fileMode !== undefined) await chmod(file, this.fileMode);
  }

  /** Makes the names of all files in it durable. */
  sync(): Promise<void> {
    return this.names.sync();
  }

  /** @throws FolderLostError when it is not the folder any more that it was */
  assertSame(): void {
    this.watch?.assertSame();
  }

  /** @throws FolderLostError as `assertSame()`, after a look that is shared with others */
  async confirm(): Promise<void> {
    await this.watch?.confirm();
  }

  /** What an error of the system means: in another folder than the right one, that it is another. */
  explain(error: unknown): unknown {
    try {
      this.assertSame();
      return toStorageError(error);
    } catch (lost) {
      return lost;
    }
  }
}
