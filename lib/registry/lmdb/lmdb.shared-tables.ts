import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClaimTable, FenceState, Members, SharedTables } from '../../cluster/index.js';
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

  /** What was noted of suspects that are no members any more is forgotten. */
  async replaceMembers(seen: Members | undefined, next: Members): Promise<boolean> {
    return this.opened.write(({ members, fences }) => {
      if (!members.replace(seen, next)) return false;
      const gone = fences.suspects.filter((suspect) => !next.identities.includes(suspect));
      for (const suspect of gone) fences.lift(suspect);
      return true;
    });
  }

  peekSuspects(): readonly string[] | undefined {
    return this.environment?.peek(({ fences }) => fences.suspects);
  }

  peekFence(suspect: string, key: string): FenceState | undefined {
    return this.environment?.peek(({ fences }) => fences.stateOf(suspect, key));
  }

  /** A process that has not opened them yet has nothing that could be taken from it. */
  async readSuspects(): Promise<readonly string[]> {
    if (!this.environment) return [];
    return this.environment.read(({ fences }) => fences.suspects);
  }

  async suspect(identity: string): Promise<void> {
    await this.opened.write(({ fences }) => fences.suspect(identity));
  }

  async fence(suspect: string, key: string, by: string): Promise<FenceState | undefined> {
    return this.opened.write(({ fences }) => {
      if (!fences.suspects.includes(suspect)) return undefined;
      const state = fences.stateOf(suspect, key);
      if (state === undefined) fences.put(suspect, key, { by, isDone: false });
      return state ?? 'begun';
    });
  }

  async completeFence(suspect: string, key: string, by: string): Promise<void> {
    await this.opened.write(({ fences }) => {
      if (fences.stateOf(suspect, key)) fences.put(suspect, key, { by, isDone: true });
    });
  }

  async lift(
    suspect: string,
    settle?: (fences: ReadonlyMap<string, string>) => void,
  ): Promise<void> {
    await this.opened.write(({ fences }) => {
      settle?.(fences.of(suspect));
      fences.lift(suspect);
    });
  }

  /** Removes those of earlier generations, of which no process lives. */
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
