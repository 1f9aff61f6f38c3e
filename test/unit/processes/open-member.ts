import { join } from 'node:path';
import { Processes, SharedClaims } from '../../../lib/processes/index.js';
import { LmdbSharedTables } from '../../../lib/registry/index.js';
import { Leases } from '../../../lib/uploads/index.js';

/** Joins the processes on a folder, with the leases that they share. */
export async function openMember(folder: string, patience = 10_000) {
  const tables = new LmdbSharedTables({ folder, durable: true });
  const processes = new Processes({ folder: join(folder, 'processes'), tables });
  const claims = new SharedClaims(processes);
  const leases = new Leases(patience, claims);
  await claims.open();
  return { processes, claims, leases };
}
