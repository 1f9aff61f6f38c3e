import { join } from 'node:path';
import { LocalCluster } from '../../cluster/local/index.js';
import type { RegistryBackend, RegistryContext, RegistryFactory } from '../../interfaces/index.js';
import { LmdbRegistry, LmdbSharedTables } from '../../registry/lmdb/index.js';
import { PROCESSES_FOLDER } from '../../tus.constants.js';
import { ClusterLog } from './cluster-log.js';
import type { LocalFolder } from './local-folder.js';
import { RegistryLog } from './registry-log.js';
import { startFault } from './start-faults.js';

/** The default: LMDB in the folder, for the processes of one machine. */
export class LocalBackend implements RegistryBackend {
  readonly registry: LmdbRegistry;
  readonly cluster: LocalCluster;

  constructor(
    private readonly folder: LocalFolder,
    { durable }: RegistryContext,
  ) {
    const { path, own, watch, reserve } = folder;
    const common = { folder: own, durable, watch, reserve };
    this.cluster = new LocalCluster({
      folder: join(own, PROCESSES_FOLDER),
      tables: new LmdbSharedTables(common),
      watch,
      observer: new ClusterLog(path),
    });
    this.registry = new LmdbRegistry({
      ...common,
      fence: this.cluster,
      observer: new RegistryLog(own),
    });
  }

  async open(): Promise<void> {
    const { reserve, path } = this.folder;
    try {
      await reserve.spend(() => this.openOrClose());
      reserve.begin();
    } catch (fault) {
      throw startFault(fault, path);
    }
  }

  async close(): Promise<void> {
    try {
      await this.cluster.close();
      await this.registry.close();
    } finally {
      await this.folder.giveBack();
    }
  }

  /** An app that failed to start may be started again in this process. */
  private async openOrClose(): Promise<void> {
    try {
      await this.folder.take();
      await this.cluster.lookAround();
      await this.registry.open();
      await this.cluster.open();
      this.folder.watch.begin();
    } catch (fault) {
      await this.close().catch(() => undefined);
      throw fault;
    }
  }
}

/** Keeps what is known of uploads in a folder. */
export function localRegistry(folder: LocalFolder): RegistryFactory {
  return { create: (context) => new LocalBackend(folder, context) };
}
