import { join } from 'node:path';
import type { ClusterObserver, Member } from '../../../../lib/cluster/index.js';
import { LocalCluster, type Patience } from '../../../../lib/cluster/local/index.js';
import { LmdbSharedTables } from '../../../../lib/registry/lmdb/index.js';
import { Leases } from '../../../../lib/uploads/index.js';

/** What a member is told of others that hang. */
export class Told implements ClusterObserver {
  readonly silent = ({ identity }: Member, reason = 'silent') => this.tell(identity, reason);
  readonly answers = ({ identity }: Member) => this.tell(identity, 'answers');
  readonly fenced = (count: number) => this.tell('this one', `fenced ${count}`);

  constructor(private readonly tell: (identity: string, what: string) => void) {}
}

/**
 * Joins the processes on a folder, with the leases that they share.
 *
 * @param patience milliseconds that a caller waits for a holder
 * @param rules when another process counts as one that does not answer; as usual unless given
 */
export async function openMember(
  folder: string,
  patience = 10_000,
  rules?: Patience,
  observer?: ClusterObserver,
) {
  const tables = new LmdbSharedTables({ folder, durable: true });
  const cluster = new LocalCluster({ folder: join(folder, 'processes'), tables, observer });
  const { processes, claims } = cluster;
  if (rules) Object.assign(processes, { patience: rules });
  const leases = new Leases(patience, cluster);
  await cluster.open();
  return { cluster, processes, claims, leases, tables };
}
