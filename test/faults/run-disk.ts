import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Bytes written at once: first many, and in the end what still fits. */
const STEPS = [1024 * 1024, 4096, 1];

/** The disk of a run, which can be filled while no server is there. */
export class RunDisk {
  private constructor(private readonly folder: string) {}

  /** @returns `undefined` where this user cannot mount one */
  static async mountAt(folder: string): Promise<RunDisk | undefined> {
    return run('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', folder]).then(
      () => new RunDisk(folder),
      () => undefined,
    );
  }

  /** Leaves room for nothing. */
  async fill(): Promise<void> {
    const file = await open(this.filler, 'w');
    for (const step of STEPS) {
      const bytes = Buffer.alloc(step);
      await untilFull(() => file.write(bytes));
    }
    await file.close();
  }

  /** Takes back what was filled in. */
  async empty(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  async unmount(): Promise<void> {
    await run('umount', [this.folder]);
  }

  private get filler(): string {
    return join(this.folder, 'filler');
  }
}

async function untilFull(write: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
