import { SoleCluster, type RegistryFactory, type StorageFactory } from '../../lib/index.js';
import { MemoryPlace, MemoryRegistry } from './memory.registry.js';
import { MemoryStorage } from './memory.storage.js';

/** What an app keeps in memory, and the next one finds there. */
export class Memory {
  /** How often a registry on it was opened, and closed. */
  opened = 0;
  closed = 0;
  private readonly records = new MemoryPlace();
  private readonly bytes = new Map<string, unknown>();

  readonly registry: RegistryFactory = {
    create: () => {
      const cluster = new SoleCluster();
      const registry = new MemoryRegistry(this.records, cluster);
      return {
        registry,
        cluster,
        open: async () => {
          await registry.open();
          this.opened += 1;
        },
        close: async () => {
          await registry.close();
          this.closed += 1;
        },
      };
    },
  };

  readonly storage: StorageFactory = {
    create: ({ records }) => new MemoryStorage(records, this.bytes),
  };

  /** How many places have bytes. */
  get held(): number {
    return this.bytes.size;
  }
}
