import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

/** Small disks: in memory, one of them with few files; usual ones; those that store changes elsewhere. */
export type HeldDiskKind = 'tmpfs' | 'tmpfs of few files' | 'ext4' | 'btrfs';

/** Mounts a disk at `$0`; what is a device is in a file beside it. */
const MOUNT: Readonly<Record<HeldDiskKind, string>> = {
  tmpfs: 'mount -t tmpfs -o size=12m tmpfs "$0"',
  'tmpfs of few files': 'mount -t tmpfs -o size=64m,nr_inodes=80 tmpfs "$0"',
  ext4: 'truncate -s 24M "$0.img" && mkfs.ext4 -q -m 0 "$0.img" && mount -o loop "$0.img" "$0"',
  btrfs: 'truncate -s 120M "$0.img" && mkfs.btrfs -q "$0.img" && mount -o loop "$0.img" "$0"',
};

/** How this user may mount disks, and how others join those who have. */
const WAYS = [
  { unshare: ['-m'], nsenter: ['-m'] },
  { unshare: ['-rm'], nsenter: ['-U', '--preserve-credentials', '-m'] },
] as const;

/** Bytes written at once: first many, and in the end what still fits. */
const STEPS = [1024 * 1024, 4096, 1];

/** A disk that several processes see, one after the other; it vanishes with the test. */
export class HeldDisk {
  private readonly fillers: string[] = [];

  private constructor(
    readonly kind: HeldDiskKind,
    private readonly folder: string,
    private readonly holder: ChildProcess,
    /** A command that runs the rest of its line where the disk is mounted. */
    readonly prefix: readonly string[],
  ) {}

  /** @returns `undefined` where there can be none, as on other systems than Linux */
  static async mount(kind: HeldDiskKind): Promise<HeldDisk | undefined> {
    for (const way of WAYS) {
      const folder = await makeTempFolder();
      await mkdir(join(folder, 'disk'));
      // The last of it ends when its input does: at the latest, when this process is gone.
      const script = `${MOUNT[kind]} && echo mounted && exec cat`;
      const args = [...way.unshare, 'sh', '-c', script, join(folder, 'disk')];
      const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'ignore'] });
      const mounted = once(holder.stdout, 'data').then(() => true);
      const failed = once(holder, 'close').then(() => false);
      if (await Promise.race([mounted, failed]).catch(() => false)) {
        const prefix = ['nsenter', '-t', String(holder.pid), ...way.nsenter];
        return new HeldDisk(kind, folder, holder, prefix);
      }
      await removeTempFolder(folder);
    }
    return undefined;
  }

  /** Where it is, for processes that the prefix runs. */
  get path(): string {
    return join(this.folder, 'disk');
  }

  /** A folder beside it. */
  get beside(): string {
    return this.folder;
  }

  /** A path on it as this process sees it. */
  inside(...names: string[]): string {
    return join(`/proc/${this.holder.pid}/root`, this.path, ...names);
  }

  /** Leaves no room: for no byte, or, on one of few files, for no file. */
  async fill(): Promise<void> {
    if (this.kind === 'tmpfs of few files') await untilFull(() => writeFile(this.newFiller(), ''));
    else while ((await fillFile(this.newFiller())) > 0);
  }

  /** Takes back what was filled in. */
  async empty(): Promise<void> {
    await Promise.all(this.fillers.splice(0).map((path) => rm(path, { force: true })));
  }

  async unmount(): Promise<void> {
    const closed = once(this.holder, 'close');
    this.holder.stdin?.end();
    await closed;
    await removeTempFolder(this.folder);
  }

  private newFiller(): string {
    const filler = this.inside(`filler-${this.fillers.length}`);
    this.fillers.push(filler);
    return filler;
  }
}

/** @returns how many bytes the disk had room for */
async function fillFile(path: string): Promise<number> {
  const file = await open(path, 'w').catch(() => undefined);
  let bytes = 0;
  for (const step of file ? STEPS : []) {
    await untilFull(async () => {
      bytes += (await file!.write(Buffer.alloc(step, 'x'))).bytesWritten;
    });
  }
  await file?.close();
  return bytes;
}

async function untilFull(step: () => Promise<void>): Promise<void> {
  try {
    for (;;) await step();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
