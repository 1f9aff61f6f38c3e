import { randomBytes } from 'node:crypto';
import { chmod, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { assertNotLost, type Fence } from '../../errors/index.js';
import type { FolderCheck } from '../../folder/index.js';
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
  /** Knows which uploads are another process's by now; none unless given. */
  readonly fence?: Fence;
}

/** The folder that the files of uploads lie in. */
export class UploadFolder {
  readonly path: string;
  readonly fileMode?: number;
  readonly directoryMode?: number;
  private readonly names: FolderSync;
  private readonly watch?: FolderCheck;
  private readonly fence?: Fence;

  constructor({ folder, fileMode, directoryMode, watch, fence }: DiskStorageOptions) {
    this.path = resolve(folder);
    this.fileMode = fileMode;
    this.directoryMode = directoryMode;
    this.watch = watch;
    this.fence = fence;
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
  explain(error: unknown): unknown {
    try {
      this.assertSame();
      return toStorageError(error);
    } catch (lost) {
      return lost;
    }
  }
}
