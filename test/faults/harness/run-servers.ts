import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type { ProcessOptions } from '../../support/test-process.js';
import { KillableServer } from '../servers/killable-server.js';
import type { RunFolders, ServerSettings } from '../servers/server-settings.js';
import { PATIENCE } from './frozen-round.js';

/** What is known of some uploads. */
export interface KnownUploads extends Pick<UploadRegistry, 'get'> {
  close(): Promise<void>;
}

/** Has the servers of a run, and knows where they keep what is known of uploads. */
export interface RunServers {
  /** What each of them is told, beside what all runs have in common. */
  readonly settings: Partial<ServerSettings>;

  /**
   * Starts one that is to be killed.
   *
   * @returns the one that clients use: others may answer some of their requests
   */
  start(settings: ServerSettings, options?: ProcessOptions): Promise<KillableServer>;

  /** Starts one that clients use alone; those that were left of earlier rounds are ended. */
  startOne(settings: ServerSettings): Promise<KillableServer>;

  /** What is known of the uploads, or of those that expire. */
  openKnown(of: 'uploads' | 'expiring'): Promise<KnownUploads>;

  /** How many servers there are at a time, each with a disk of its own beside what they share. */
  readonly count: number;

  end(): Promise<void>;
}

/** One server at a time, with all it knows in its folders. */
export class OneMachine implements RunServers {
  readonly settings = { patience: PATIENCE };
  readonly count = 1;

  constructor(private readonly folders: RunFolders) {}

  start(settings: ServerSettings, options?: ProcessOptions): Promise<KillableServer> {
    return KillableServer.start(settings, options);
  }

  startOne(settings: ServerSettings): Promise<KillableServer> {
    return KillableServer.start(settings);
  }

  async openKnown(of: 'uploads' | 'expiring'): Promise<KnownUploads> {
    const { tmpFileDir, expiringFolder } = this.folders;
    const folder = join(of === 'uploads' ? tmpFileDir : expiringFolder, '.tus');
    const registry = new LmdbRegistry({ folder, durable: true });
    await registry.open();
    return registry;
  }

  async end(): Promise<void> {}
}

/** Looks into what is known of uploads. */
export async function withKnown<T>(
  servers: RunServers,
  of: 'uploads' | 'expiring',
  look: (known: KnownUploads) => Promise<T>,
): Promise<T> {
  const known = await servers.openKnown(of);
  try {
    return await look(known);
  } finally {
    await known.close();
  }
}
