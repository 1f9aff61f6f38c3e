import { UploadBusyError } from './upload.errors.js';
import { Lease, type RevokeReason } from './lease.js';

/** A caller in the line for an upload: the first one holds it, the others wait. */
interface Place {
  readonly lease: Lease;
  readonly granted?: () => void;
  readonly refused?: () => void;
}

/**
 * Who may change which upload, within one process.
 *
 * One caller holds an upload at a time. A newer caller asks the holder to let go and waits in line,
 * first come, first served; nothing polls and nothing spins.
 */
export class Leases {
  private readonly lines = new Map<string, Place[]>();
  private closedBy?: RevokeReason;

  /** @param patience milliseconds a caller waits for a holder to flush and let go */
  constructor(private readonly patience = 10_000) {}

  /**
   * Takes an upload over from whoever holds it.
   *
   * @throws UploadBusyError when the holder does not let go in time, or says that it will not.
   */
  acquire(id: string): Promise<Lease> {
    const lease = this.lease(id);
    const line = this.lines.get(id);
    if (line) return this.wait(id, line, lease);

    this.lines.set(id, [{ lease }]);
    return Promise.resolve(lease);
  }

  /** Does some work while holding an upload. */
  async hold<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await this.acquire(id);
    try {
      return await work(lease);
    } finally {
      lease.release();
    }
  }

  /** Takes an upload that nobody holds, and disturbs no one. */
  tryAcquire(id: string): Promise<Lease | undefined> {
    return this.lines.has(id) ? Promise.resolve(undefined) : this.acquire(id);
  }

  /** Asks everyone to let go, now and from now on. */
  revokeAll(reason: RevokeReason): void {
    this.closedBy = reason;
    for (const line of this.lines.values()) {
      for (const place of line) place.lease.revoke(reason);
    }
  }

  private lease(id: string): Lease {
    const lease = new Lease(
      (held) => this.leave(id, held),
      () => this.refuseWaiting(id),
    );
    if (this.closedBy !== undefined) lease.revoke(this.closedBy);
    return lease;
  }

  private wait(id: string, line: Place[], lease: Lease): Promise<Lease> {
    const [holder] = line;
    if (holder?.lease.isPinned) return Promise.reject(new UploadBusyError(id));
    return new Promise((resolve, reject) => {
      const refused = () => {
        clearTimeout(timer);
        this.leave(id, lease);
        reject(new UploadBusyError(id));
      };
      const timer = setTimeout(refused, this.patience);
      const granted = () => {
        clearTimeout(timer);
        resolve(lease);
      };
      line.push({ lease, granted, refused });
      holder?.lease.revoke('newer-request');
    });
  }

  private refuseWaiting(id: string): void {
    const [, ...waiting] = this.lines.get(id) ?? [];
    for (const place of waiting) place.refused?.();
  }

  private leave(id: string, lease: Lease): void {
    const line = this.lines.get(id);
    const index = line?.findIndex((place) => place.lease === lease) ?? -1;
    if (!line || index === -1) return;

    line.splice(index, 1);
    if (line.length === 0) this.lines.delete(id);
    else if (index === 0) this.grant(line);
  }

  private grant(line: Place[]): void {
    const [next, ...others] = line;
    if (others.length > 0) next?.lease.revoke('newer-request');
    next?.granted?.();
  }
}
