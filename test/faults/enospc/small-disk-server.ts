import { execFile } from 'node:child_process';
import { mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import type { PlatformName } from '../../support/platforms.js';
import { untilDelivered } from '../servers/journal.js';
import { KillableServer } from '../servers/killable-server.js';
import { settingsIn } from '../servers/server-settings.js';
import type { ServerSettings } from '../servers/server-settings.js';
import type { FullDiskServer, Named } from './full-disk-server.js';

const MB = 1024 * 1024;

/** Mounts a small disk at `$0` that only this process sees, and becomes the rest. */
const ON_SMALL_DISK = 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"';

/**
 * The options of `unshare` by which this user may mount disks; `undefined` where there are none,
 * as on other systems than Linux.
 */
export async function findMountOptions(): Promise<string | undefined> {
  for (const options of ['-m', '-rm']) {
    const attempt = promisify(execFile)('unshare', [options, 'mount', '-t', 'tmpfs', 'x', '/mnt']);
    const works = await attempt.then(
      () => true,
      () => false,
    );
    if (works) return options;
  }
  return undefined;
}

/** A server in a process of its own, on a disk of 24 MiB. */
export class SmallDiskServer implements FullDiskServer {
  private constructor(
    private readonly folder: string,
    private readonly disk: string,
    private readonly settings: ServerSettings,
    readonly target: KillableServer,
  ) {}

  static async start(platform: PlatformName, mountOptions: string): Promise<SmallDiskServer> {
    const folder = await makeTempFolder();
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const settings = { ...settingsIn(folder, platform), tmpFileDir: join(disk, 'uploads') };
    const prefix = ['unshare', mountOptions, 'sh', '-c', ON_SMALL_DISK, disk];
    const server = await KillableServer.start(settings, { prefix });
    return new SmallDiskServer(folder, disk, settings, server);
  }

  async fill(): Promise<void> {
    const gap = this.inside(join(this.disk, 'gap'));
    await writeFile(gap, Buffer.alloc(MB));
    const file = await open(this.filler, 'w');
    for (const size of [MB, 4096, 1]) {
      await writeUntilFull(() => file.write(Buffer.alloc(size)));
    }
    await file.close();
    await rm(gap);
  }

  makeRoom(): Promise<void> {
    return rm(this.filler, { force: true });
  }

  stored({ id }: Named): Promise<Buffer> {
    return readFile(this.inside(join(this.settings.tmpFileDir, id)));
  }

  async files(): Promise<string[]> {
    const names = await readdir(this.inside(this.settings.tmpFileDir));
    return names.filter((name) => name !== '.tus').sort();
  }

  async delivered({ id }: Named): Promise<void> {
    const journal = await untilDelivered(this.settings.journal, [id]);
    expect(journal.filter((entry) => entry.id === id && entry.event === 'end')).toHaveLength(1);
  }

  expectWell(): void {
    expect(this.target.alive).toBe(true);
    expect(this.target.errorOutput).not.toContain('ExceptionsHandler');
  }

  async stop(): Promise<void> {
    await this.target.kill();
    await removeTempFolder(this.folder);
  }

  private get filler(): string {
    return this.inside(join(this.disk, 'filler'));
  }

  /** A path as the process sees it. */
  private inside(path: string): string {
    return `/proc/${this.target.pid}/root${path}`;
  }
}

async function writeUntilFull(write: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
