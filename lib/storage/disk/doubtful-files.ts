import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hasCode } from '../../errors/index.js';
import { KnownSizes } from './known-sizes.js';
import { renewFile } from './renew-file.js';

/** The folder the files lie in. */
interface Around {
  /** @throws FolderLostError when it is not the folder any more that it was */
  confirm(): Promise<void>;
  /** Makes the names of all files in it durable. */
  syncNames(): Promise<void>;
  explainFlush(error: unknown): Promise<unknown>;
}

/** The files of which a flush has failed, until each is renewed: no more of them counts than was flushed. */
export class DoubtfulFiles {
  private readonly sizes = new KnownSizes(Infinity);

  constructor(private readonly folder: Around) {}

  /** Lets no more than the first bytes of a file count, until it is renewed. */
  add(path: string, found: Stats, size: number): void {
    this.sizes.note(path, found, size);
  }

  /** How many bytes of a file count. */
  trusted(path: string, found: Stats): number {
    return Math.min(found.size, this.sizes.of(path, found) ?? Infinity);
  }

  /**
   * Renews a file if it is doubtful.
   *
   * @throws as `renew()`
   */
  async renewIfDoubtful(path: string): Promise<void> {
    if (!this.sizes.mayHave(path)) return;
    const found = await statIfThere(path);
    const isDoubtful = found && this.sizes.of(path, found) !== undefined;
    if (isDoubtful) await this.renew(path, found.size);
    else this.forget(path);
  }

  /**
   * Puts the first bytes of a file into a new one, as far as they count.
   *
   * @throws StorageFaultError, NoSpaceError, FolderLostError: the file is then doubtful
   */
  async renew(path: string, size: number): Promise<void> {
    try {
      await this.folder.confirm();
      const found = await statIfThere(path);
      if (found) await this.replace(path, found, Math.min(size, this.trusted(path, found)));
      await this.folder.syncNames();
    } catch (error) {
      throw await this.folder.explainFlush(error);
    }
    this.forget(path);
  }

  forget(path: string): void {
    this.sizes.forget(path);
  }

  private async replace(path: string, found: Stats, size: number): Promise<void> {
    this.add(path, found, size);
    await renewFile(path, size);
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
