import type { Fence } from '../../errors/index.js';
import type { DatabaseObserver } from '../../postgres/index.js';

/** Knows of which uploads this process has the lease, and of which epoch it is. */
export interface Epochs {
  /** `undefined` for one that it has no lease of. */
  epochOf(id: string): number | undefined;

  /** Resolves when other processes can see the lease of a new upload; `undefined` when they can. */
  written?(id: string): Promise<void> | undefined;
}

/** What a `PostgresRegistry` promises, and who tells it what this process has. */
export interface PostgresRegistryContext {
  /**
   * Whether a write resolves only when it is on the database's disk, as far as the database itself says
   * so (`synchronous_commit`, `fsync`). Without it, its crash may cost the last writes, and no others.
   */
  readonly durable: boolean;
  /** Knows which uploads are another process's by now; none unless given. */
  readonly fence?: Fence;
  /** Knows the epochs of leases; writes are not checked for one unless given. */
  readonly epochs?: Epochs;
  /** Told when the database is not reached, and when it is again. */
  readonly observer?: DatabaseObserver;
  /** Name of this process, by which its connections are told apart. */
  readonly process?: string;
}
