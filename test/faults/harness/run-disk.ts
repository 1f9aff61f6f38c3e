import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** More than a run ever holds; it lies in memory, and takes no more of it than what is there. */
const ROOMY = '16g';

/** The disk of a run, which can be filled while no server is there. */
export class RunDisk {
  private constructor(private readonly folder: string) {}

  /** @returns `undefined` where this user cannot mount one */
  static async mountAt(folder: string): Promise<RunDisk | undefined> {
    return run('mount', ['-t', 'tmpfs', '-o', `size=${ROOMY}`, 'tmpfs', folder]).then(
      () => new RunDisk(folder),
      () => undefined,
    );
  }

  /** Leaves room for nothing: makes the disk as large as what it holds. */
  async fill(): Promise<void> {
    const { blocks, bfree, bsize } = await statfs(this.folder);
    await this.resize(String((blocks - bfree) * bsize));
  }

  /** Gives the room back. */
  async empty(): Promise<void> {
    await this.resize(ROOMY);
  }

  async unmount(): Promise<void> {
    await run('umount', [this.folder]);
  }

  private async resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }
}
