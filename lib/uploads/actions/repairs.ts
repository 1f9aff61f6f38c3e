import type { Lease } from '../leases/lease.js';
import type { Leases } from '../leases/leases.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import { neededRepair } from '../model/needed-repair.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';
import type { Finisher } from './finisher.js';
import type { Snapshots } from './snapshots.js';
import type { Transitions } from './transitions.js';

/** Brings uploads in order that a process which died, or time, has left in none. */
export class Repairs {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly leases: Leases,
    private readonly transitions: Transitions,
    private readonly finisher: Finisher,
    private readonly policy: FinishPolicy,
  ) {}

  /**
   * Does what there is to do about an upload, unless it is held.
   *
   * @returns the upload afterwards; `undefined` when it is held, or unknown.
   */
  async repair(id: string): Promise<UploadSnapshot | undefined> {
    const lease = await this.leases.tryAcquire(id);
    if (!lease) return undefined;
    try {
      const snapshot = await this.snapshots.find(id);
      const repair = snapshot && neededRepair(snapshot);
      if (!repair) return snapshot;
      if (repair === 'finish') return await this.finish(snapshot, lease);
      if (repair === 'end') await this.transitions.end(id, 'expired');
      else if (repair === 'renew') await this.transitions.renew(snapshot);
      else await this.transitions.cutUnverified(snapshot.record);
      return await this.snapshots.find(id);
    } finally {
      lease.release();
    }
  }

  /** With no client to be told, a refusal is an outcome like any other. */
  private async finish(snapshot: UploadSnapshot, lease: Lease): Promise<UploadSnapshot> {
    try {
      return await this.finisher.finishIfComplete(snapshot, { lease, policy: this.policy });
    } catch (error) {
      const after = await this.snapshots.find(snapshot.record.id);
      if (!after || after.record.state === 'receiving') throw error;
      return after;
    }
  }
}
