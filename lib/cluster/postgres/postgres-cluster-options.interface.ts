import type { OwnConnection, ConnectionObserver, Queryable } from '../../postgres/index.js';
import type { ClusterObserver } from '../cluster-observer.interface.js';

/** What a `PostgresCluster` needs. */
export interface PostgresClusterOptions {
  /** Of the tables, which are there when the cluster is opened. */
  readonly schema: string;
  /** Name of this process among all; see `newIdentity()`. */
  readonly identity: string;
  /** Name of the instance; empty for the one without. All members are of one. */
  readonly instance?: string;
  /** Runs statements on any connection. */
  readonly pool: Queryable;
  /** Makes a connection that is this process's own. */
  connect(observer: ConnectionObserver): Promise<OwnConnection>;
  /** What connections of a process are called; absent where that is not known. */
  applicationOf?(identity: string): string;
  readonly observer?: ClusterObserver;
  /** Milliseconds after which others go on without a member that has not shown that it lives; 5000 unless given. */
  readonly patience?: number;
}
