import { resolve } from 'node:path';
import { copyToFile, type CopyModes, type CopySource } from './copy-to-file.js';

/** Brings uploads, wherever they are kept, to files on this machine. */
export class LocalCopies {
  constructor(private readonly modes: CopyModes = {}) {}

  /**
   * @param path where to; relative to the working directory unless absolute
   * @returns the absolute path
   * @throws as `copyToFile()`
   */
  async make(source: CopySource, path: string): Promise<string> {
    const target = resolve(path);
    await copyToFile(source, target, this.modes);
    return target;
  }
}
