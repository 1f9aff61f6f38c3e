import type { FolderCheck } from '../../folder/index.js';
import type { ClusterObserver } from '../cluster-observer.interface.js';
import type { SharedTables } from '../shared-tables.interface.js';

/** Where processes that belong together meet. */
export interface LocalClusterOptions {
  /** Absolute path of the folder for their sockets; made when it is not there. */
  readonly folder: string;
  readonly tables: SharedTables;
  /** Knows whether the folder is still the one it was; it is taken for it unless given. */
  readonly watch?: FolderCheck;
  /** Told of processes that hang; without one nothing is told. */
  readonly observer?: ClusterObserver;
}
