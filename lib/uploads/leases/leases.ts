import { SoleCluster, uploadKey, type Cluster, type LeaseKey } from '../../cluster/index.js';
import { assertNotLost, ClosedError } from '../../errors/index.js';
import { parseUploadId } from '../model/parse-upload-id.js';
import { UploadBusyError } from '../model/upload.errors.js';
import { Lease, type RevokeReason } from './lease.js';

/** A caller in the line for an upload: the first one holds it, the others wait. */
interface Place {
  readonly lease: Lease;
  /** Whether it is another process's, which needs no claim of this one. */
  readonly isReserved?: boolean;
  readonly granted?: () => void;
  readonly refused?: (reason?: unknown) => void;
  /** Whether it was not granted yet. */
  isWaiting?: boolean;
}

/**
 * Who may change which upload.
 *
 * One caller holds an upload at a time. A newer caller asks the holder to let go and waits in line,
 * first come, first served; nothing polls and nothing spins. The line is that of this process, and
 * who comes to its front claims the upload from the others; one that another process wants takes
 * its place in the line as everyone else.
 */
export class Leases {
  private readonly lines = new Map<LeaseKey, Place[]>();
  private closedBy?: RevokeReason;
  private isClosed = false;
  /** Look again whether they have waited long enough for the lines to go. */
  private readonly waiting = new Set<() => void>();

  /**
   * @param patience milliseconds a caller waits for a holder to flush and let go
   * @param cluster the processes among which they are shared; none but this one unless given
   */
  constructor(
    private readonly patience = 10_000,
    private readonly cluster: Cluster = new SoleCluster(),
  ) {
    cluster.onWanted((key) => this.reserve(key).catch(() => undefined));
    cluster.onLost((key) => this.lines.get(key)?.[0]?.lease.revoke('fenced'));
  }

  /** Whether an upload is not held, here or in another process, as far as is known. */
  isIdle(id: string): boolean {
    return !this.lines.has(uploadKey(id)) && this.cluster.isAlone;
  }

  /**
   * Reads of an upload while no process holds it, which claims and interrupts nothing. One that gave it
   * back after it was read, and before it is looked who has it, is not noticed.
   *
   * @returns `undefined` when it is held, or may be, once it was read
   * @throws UploadNotFoundError for what cannot be an upload's id
   */
  async unlessHeld<T>(id: string, read: () => Promise<T>): Promise<T | undefined> {
    const key = uploadKey(parseUploadId(id));
    if (this.lines.has(key)) return undefined;
    const seen = await read();
    // Also of a process that is alone: others may have begun to go on without it.
    const isHeld = (await this.cluster.isHeldElsewhere(key)) || this.lines.has(key);
    return isHeld ? undefined : seen;
  }

  /**
   * Takes an upload over from its holder.
   *
   * @throws UploadBusyError when the holder does not let go in time, or says that it will not;
   *   ClosedError, as all that take one, after `close()`
   */
  acquire(id: string): Promise<Lease> {
    if (this.isClosed) return Promise.reject(new ClosedError());
    const key = uploadKey(id);
    const line = this.lines.get(key);
    if (line) return this.wait(key, line);
    return this.cluster.claim(key) ? this.wait(key, this.begin(key)) : this.holdNow(key);
  }

  /**
   * Does some work while holding an upload.
   *
   * @throws UploadBusyError as `acquire()`; UploadNotFoundError for what cannot be an upload's id,
   *   which is never claimed: not every text can be, and some would be another lease's;
   *   UploadFencedError, whatever else came of it, when another process has taken the upload meanwhile
   */
  async hold<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    return releasing(await this.acquire(parseUploadId(id)), work);
  }

  /**
   * Does some work while holding an upload whose id is not known elsewhere yet, so that no process which
   * hangs is waited for. When it went well, whether that counts is for itself to ask the lease, if it
   * was of bytes: a record that is made is made in any case.
   */
  async holdNew<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new ClosedError();
    const key = uploadKey(id);
    if (!this.cluster.claimNew(key)) throw new UploadBusyError(id);
    const lease = await this.holdNow(key);
    try {
      return await work(lease);
    } catch (error) {
      lease.assertHeld();
      throw error;
    } finally {
      lease.release();
    }
  }

  /**
   * Does some work on an upload whose id is not known elsewhere yet, and of which there is nothing that
   * another process could take over: no bytes, or no record. None is told of it.
   */
  async holdUnclaimed<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new ClosedError();
    const lease = await this.holdNow(uploadKey(id));
    return work(lease).finally(() => lease.release());
  }

  /** Takes an upload that is not held, and disturbs no one. */
  tryAcquire(id: string): Promise<Lease | undefined> {
    return this.tryAcquireKey(uploadKey(id));
  }

  /** The same with what is no upload. */
  async tryAcquireKey(key: LeaseKey): Promise<Lease | undefined> {
    if (this.isClosed) throw new ClosedError();
    if (this.lines.has(key)) return undefined;
    const lease = await this.holdNow(key);
    let isOurs = false;
    try {
      isOurs = await this.cluster.tryClaim(key);
    } finally {
      if (!isOurs) lease.release();
    }
    return isOurs ? lease : undefined;
  }

  /**
   * Makes sure that what this process holds is not another one's by now.
   *
   * @throws UploadFencedError
   */
  assertHeld(key: LeaseKey): void {
    assertNotLost(this.cluster, key);
  }

  /** Asks everyone to let go, now and from now on. */
  revokeAll(reason: RevokeReason): void {
    this.closedBy = reason;
    for (const line of this.lines.values()) {
      for (const place of line) place.lease.revoke(reason);
    }
  }

  /**
   * Waits until no upload is held in this process any more, and lets none be held from
   * then on.
   *
   * @param pinnedFor milliseconds after which those who will not let go are given up, for an app's
   *   method may never return, and those who wait for another process are refused
   */
  async close(pinnedFor: number): Promise<void> {
    await this.idle(pinnedFor);
    this.isClosed = true;
    // The last ones first, so that none gets the place of another.
    for (const place of [...this.lines.values()].flat().reverse()) {
      if (place.isWaiting) place.refused?.(new ClosedError());
      else place.lease.giveUp();
    }
  }

  private idle(pinnedFor: number): Promise<void> {
    return new Promise((resolve) => {
      let isPatient = true;
      const look = () => {
        if (this.hasHolder(isPatient)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        isPatient = false;
        look();
      }, pinnedFor);
      this.waiting.add(look);
      look();
    });
  }

  private hasHolder(evenPinned: boolean): boolean {
    if (evenPinned) return this.lines.size > 0;
    return [...this.lines.values()].some(
      ([holder]) => !holder?.lease.isPinned && !holder?.isWaiting,
    );
  }

  private lookAgain(): void {
    for (const look of this.waiting) look();
  }

  /** Takes an upload out of the hands of this process, so that another one can have it. */
  private reserve(key: LeaseKey): Promise<Lease> {
    const line = this.lines.get(key);
    return line ? this.wait(key, line, true) : this.holdNow(key);
  }

  private begin(key: LeaseKey): Place[] {
    const line: Place[] = [];
    this.lines.set(key, line);
    return line;
  }

  private holdNow(key: LeaseKey): Promise<Lease> {
    const lease = this.lease(key);
    this.begin(key).push({ lease });
    return Promise.resolve(lease);
  }

  private lease(key: LeaseKey): Lease {
    const lease = new Lease(
      key,
      (held) => this.leave(key, held),
      () => this.refuseWaiting(key),
      (held) => this.cluster.hasLost(held),
    );
    if (this.closedBy !== undefined) lease.revoke(this.closedBy);
    return lease;
  }

  private wait(key: LeaseKey, line: Place[], isReserved = false): Promise<Lease> {
    const [holder] = line;
    if (holder?.lease.isPinned) return Promise.reject(new UploadBusyError(key));
    const lease = this.lease(key);
    return new Promise((resolve, reject) => {
      const refused = (reason: unknown = new UploadBusyError(key)) => {
        clearTimeout(timer);
        this.leave(key, lease);
        reject(reason as Error);
      };
      const timer = setTimeout(refused, this.patience);
      const granted = () => {
        clearTimeout(timer);
        place.isWaiting = false;
        resolve(lease);
      };
      const place: Place = { lease, isReserved, granted, refused, isWaiting: true };
      line.push(place);
      if (holder) holder.lease.revoke('newer-request');
      else this.grant(key, line);
    });
  }

  private refuseWaiting(key: LeaseKey): void {
    const [, ...waiting] = this.lines.get(key) ?? [];
    for (const place of waiting) place.refused?.();
    this.lookAgain();
  }

  private leave(key: LeaseKey, lease: Lease): void {
    const line = this.lines.get(key);
    const index = line?.findIndex((place) => place.lease === lease) ?? -1;
    if (!line || index === -1) return;

    line.splice(index, 1);
    if (line.length === 0) this.end(key);
    else if (index === 0) this.grant(key, line);
  }

  private end(key: LeaseKey): void {
    this.lines.delete(key);
    this.cluster.release(key);
    this.lookAgain();
  }

  private grant(key: LeaseKey, line: Place[]): void {
    const [next, ...others] = line;
    if (others.length > 0) next?.lease.revoke('newer-request');
    const claiming = next?.isReserved ? undefined : this.cluster.claim(key);
    if (!claiming) return next?.granted?.();
    claiming.then(
      (isOurs) => (isOurs ? this.onClaimed(key) : next?.refused?.()),
      (error: unknown) => next?.refused?.(error),
    );
  }

  /** The first in line now has it; the one for whom it was claimed may have run out of patience. */
  private onClaimed(key: LeaseKey): void {
    const line = this.lines.get(key);
    if (line) this.grant(key, line);
    else this.cluster.release(key);
  }
}

async function releasing<T>(lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> {
  try {
    const result = await work(lease);
    lease.assertHeld();
    return result;
  } catch (error) {
    // What goes wrong with an upload that is another process's by now says nothing.
    lease.assertHeld();
    throw error;
  } finally {
    lease.release();
  }
}
