import { watch } from 'node:fs';
import { readFile, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededContent } from '../../../support/seeded.js';
import { listFiles } from '../../../support/temp-folder.js';
import type { RunFolders } from '../../servers/server-settings.js';
import type { ExpectedFinal, HeldBytes, RunStore } from './run-store.interface.js';

/** Bytes of a file that can only be that of a final upload: no other one grows so large. */
const LARGE = 2 * 1024 * 1024;

/** Where files go that nothing is known of. */
const LOST = join('.tus', 'lost');

/** Milliseconds after which what a killed process left is cleared away, and more. */
const LONG = 48 * 3_600_000;

/** Servers that keep bytes in their folders. */
export class FolderStore implements RunStore {
  readonly omitted = [];
  readonly scale = 1;
  readonly isSmall = false;

  constructor(private readonly folders: RunFolders) {}

  async renew(): Promise<undefined> {}

  async held(id: string, content: SeededContent, trusted?: number): Promise<HeldBytes> {
    const file = await readFile(this.fileOf(id)).catch(() => Buffer.alloc(0));
    const stored = file.subarray(0, trusted);
    return { size: stored.length, areRight: stored.equals(content.bytes(0, stored.length)) };
  }

  async arrived(id: string): Promise<number> {
    return sizeOf(this.fileOf(id));
  }

  skipTo(id: string, offset: number): Promise<void> {
    return truncate(this.fileOf(id), offset);
  }

  watchFinal({ parts }: ExpectedFinal, seen: (id: string) => void): () => void {
    const look = async (name: string | null): Promise<void> => {
      if (name === null || parts.includes(name) || isSeen) return;
      const size = await sizeOf(this.fileOf(name));
      if (size <= LARGE || isSeen) return;
      isSeen = true;
      seen(name);
    };
    let isSeen = false;
    const watcher = watch(this.folders.tmpFileDir, (_event, name) => void look(name));
    return () => watcher.close();
  }

  async expiring(): Promise<ReadonlyMap<string, number>> {
    const { expiringFolder } = this.folders;
    const names = (await listFiles(expiringFolder)).filter((name) => !name.startsWith('.tus'));
    const sizes = names.map(
      async (name) => [name, await sizeOf(join(expiringFolder, name))] as const,
    );
    return new Map(await Promise.all(sizes));
  }

  async names(): Promise<readonly string[]> {
    const { tmpFileDir, expiringFolder } = this.folders;
    const names = [await listFiles(tmpFileDir), await listFiles(expiringFolder)].flat();
    return names.filter((name) => !name.startsWith('.tus') || name.startsWith(LOST));
  }

  async age(): Promise<void> {
    const { tmpFileDir } = this.folders;
    const then = new Date(Date.now() - LONG);
    const names = (await listFiles(tmpFileDir)).filter((name) => !name.startsWith('.tus'));
    for (const name of names) await utimes(join(tmpFileDir, name), then, then);
  }

  /** It goes with the folder of the run. */
  async remove(): Promise<void> {}

  private fileOf(id: string): string {
    return join(this.folders.tmpFileDir, id);
  }
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
