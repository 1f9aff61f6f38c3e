import { open, type FileHandle } from 'node:fs/promises';
import { makePrivateFolder, PRIVATE_FILE } from '../../folder/index.js';
import type { LocalFolder } from './local-folder.js';

/**
 * Has a folder watched whose registry is elsewhere, by a file that the first process leaves in it, on
 * whatever machine that is.
 */
export class FolderMark {
  private file?: FileHandle;

  constructor(private readonly folder: LocalFolder) {}

  /** The folder is there. */
  async open(): Promise<void> {
    const { own, mark, watch } = this.folder;
    await makePrivateFolder(own);
    // As long as it is open, no other file can have its number.
    this.file = await open(mark, 'a', PRIVATE_FILE);
    watch.begin();
  }

  async close(): Promise<void> {
    this.folder.watch.end();
    await this.file?.close();
    this.file = undefined;
  }
}
