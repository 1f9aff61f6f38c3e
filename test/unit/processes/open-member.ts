import { join } from 'node:path';
import { Processes, SharedClaims } from '../../../lib/processes/index.js';
import type { Patience, ProcessesObserver } from '../../../lib/processes/index.js';
import { LmdbSharedTables } from '../../../lib/registry/index.js';
import { Leases } from '../../../lib/uploads/index.js';

/** What a member is told of others that hang. */
export class Told implements ProcessesObserver {
  readonly silent = (identity: string, reason = 'silent') => this.tell(identity, reason);
  readonly answers = (identity: string) => this.tell(identity, 'answers');
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
  observer?: ProcessesObserver,
) {
  const tables = new LmdbSharedTables({ folder, durable: true });
  const processes = new Processes({ folder: join(folder, 'processes'), tables, observer });
  if (rules) Object.assign(processes, { patience: rules });
  const claims = new SharedClaims(processes, tables);
  const leases = new Leases(patience, claims);
  await claims.open();
  return { processes, claims, leases, tables };
}
