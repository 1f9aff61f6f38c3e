import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClaimTable, Members, SharedTables } from '../../processes/index.js';
import { removeLockFile } from './lock-file.js';
import { LmdbClaims } from './lmdb.claims.js';
import { LmdbEnvironment } from './lmdb.environment.js';
import type { LmdbRegistryOptions } from './lmdb.registry.js';

/** What the names of all folders of claims begin with. */
const CLAIMS = 'claims-';

/** What processes know together: members beside the uploads, claims in a folder of their own. */
export class LmdbSharedTables implements SharedTables {
  private environment?: LmdbEnvironment;

  /** @param options those of the registry, whose folder it shares */
  constructor(private readonly options: LmdbRegistryOptions) {}

  async open(): Promise<void> {
    const { folder, durable, watch } = this.options;
    this.environment ??= await LmdbEnvironment.acquire(folder, durable, { watch });
  }

  async close(): Promise<void> {
    const { environment } = this;
    this.environment = undefined;
    await environment?.release();
  }

  async readMembers(): Promise<Members | undefined> {
    return this.opened.read(({ members }) => members.get());
  }

  async replaceMembers(seen: Members | undefined, next: Members): Promise<boolean> {
    return this.opened.write(({ members }) => members.replace(seen, next));
  }

  /** Removes those of earlier generations, of which nobody lives. */
  async openClaims(generation: string): Promise<ClaimTable> {
    const { folder, watch, reserve } = this.options;
    const name = `${CLAIMS}${generation}`;
    const others = (await readdir(folder)).filter(
      (entry) => entry.startsWith(CLAIMS) && entry !== name,
    );
    await Promise.all(others.map((other) => removeClaims(join(folder, other))));
    return LmdbClaims.open(join(folder, name), watch, reserve);
  }

  private get opened(): LmdbEnvironment {
    if (this.environment) return this.environment;
    throw new Error('The tables of processes are not open.');
  }
}

async function removeClaims(folder: string): Promise<void> {
  await removeLockFile(folder);
  await rm(folder, { recursive: true, force: true });
}
