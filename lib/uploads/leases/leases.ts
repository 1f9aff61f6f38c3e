import { assertNotLost } from '../../errors/index.js';
import { ClosedError } from '../../errors/index.js';
import { knownId } from '../model/known-id.js';
import { UploadBusyError } from '../model/upload.errors.js';
import { SoleClaims, type Claims } from './claims.js';
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
  private readonly lines = new Map<string, Place[]>();
  private closedBy?: RevokeReason;
  private isClosed = false;
  /** Look again whether they have waited long enough for the lines to go. */
  private readonly waiting = new Set<() => void>();

  /**
   * @param patience milliseconds a caller waits for a holder to flush and let go
   * @param claims the uploads that other processes hold; none unless given
   */
  constructor(
    private readonly patience = 10_000,
    private readonly claims: Claims = new SoleClaims(),
  ) {
    claims.onWanted((id) => this.reserve(id).catch(() => undefined));
    claims.onLost((id) => this.lines.get(id)?.[0]?.lease.revoke('fenced'));
  }

  /** Whether an upload is not held, here or in another process, as far as is known. */
  isIdle(id: string): boolean {
    return !this.lines.has(id) && this.claims.isAlone;
  }

  /** Whether that is so as of now, so that what was read of the upload before counts. */
  isStillIdle(id: string): boolean {
    return !this.lines.has(id) && this.claims.isStillAlone;
  }

  /**
   * Takes an upload over from its holder.
   *
   * @throws UploadBusyError when the holder does not let go in time, or says that it will not;
   *   ClosedError, as all that take one, after `close()`
   */
  acquire(id: string): Promise<Lease> {
    if (this.isClosed) return Promise.reject(new ClosedError());
    const line = this.lines.get(id);
    if (line) return this.wait(id, line);
    return this.claims.claim(id) ? this.wait(id, this.begin(id)) : this.holdNow(id);
  }

  /**
   * Does some work while holding an upload.
   *
   * @throws UploadBusyError as `acquire()`; UploadNotFoundError for what cannot be an upload's id,
   *   which is never claimed: not every text can be, and some would be another lease's;
   *   UploadFencedError, whatever else came of it, when another process has taken the upload meanwhile
   */
  async hold<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    return releasing(await this.acquire(knownId(id)), work);
  }

  /**
   * Does some work while holding an upload whose id is not known elsewhere yet, so that no process which
   * hangs is waited for. When it went well, whether that counts is for itself to ask the lease, if it
   * was of bytes: a record that is made is made in any case.
   */
  async holdNew<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new ClosedError();
    if (!this.claims.claimNew(id)) throw new UploadBusyError(id);
    const lease = await this.holdNow(id);
    try {
      return await work(lease);
    } catch (error) {
      lease.assertHeld();
      throw error;
    } finally {
      lease.release();
    }
  }

  /** Takes an upload that is not held, and disturbs no one. */
  async tryAcquire(id: string): Promise<Lease | undefined> {
    if (this.isClosed) throw new ClosedError();
    if (this.lines.has(id)) return undefined;
    const lease = await this.holdNow(id);
    let isOurs = false;
    try {
      isOurs = await this.claims.tryClaim(id);
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
  assertHeld(id: string): void {
    assertNotLost(this.claims, id);
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
  private reserve(id: string): Promise<Lease> {
    const line = this.lines.get(id);
    return line ? this.wait(id, line, true) : this.holdNow(id);
  }

  private begin(id: string): Place[] {
    const line: Place[] = [];
    this.lines.set(id, line);
    return line;
  }

  private holdNow(id: string): Promise<Lease> {
    const lease = this.lease(id);
    this.begin(id).push({ lease });
    return Promise.resolve(lease);
  }

  private lease(id: string): Lease {
    const lease = new Lease(
      id,
      (held) => this.leave(id, held),
      () => this.refuseWaiting(id),
      (held) => this.claims.hasLost(held),
    );
    if (this.closedBy !== undefined) lease.revoke(this.closedBy);
    return lease;
  }

  private wait(id: string, line: Place[], isReserved = false): Promise<Lease> {
    const [holder] = line;
    if (holder?.lease.isPinned) return Promise.reject(new UploadBusyError(id));
    const lease = this.lease(id);
    return new Promise((resolve, reject) => {
      const refused = (reason: unknown = new UploadBusyError(id)) => {
        clearTimeout(timer);
        this.leave(id, lease);
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
      else this.grant(id, line);
    });
  }

  private refuseWaiting(id: string): void {
    const [, ...waiting] = this.lines.get(id) ?? [];
    for (const place of waiting) place.refused?.();
    this.lookAgain();
  }

  private leave(id: string, lease: Lease): void {
    const line = this.lines.get(id);
    const index = line?.findIndex((place) => place.lease === lease) ?? -1;
    if (!line || index === -1) return;

    line.splice(index, 1);
    if (line.length === 0) this.end(id);
    else if (index === 0) this.grant(id, line);
  }

  private end(id: string): void {
    this.lines.delete(id);
    this.claims.release(id);
    this.lookAgain();
  }

  private grant(id: string, line: Place[]): void {
    const [next, ...others] = line;
    if (others.length > 0) next?.lease.revoke('newer-request');
    const claiming = next?.isReserved ? undefined : this.claims.claim(id);
    if (!claiming) return next?.granted?.();
    claiming.then(
      (isOurs) => (isOurs ? this.onClaimed(id) : next?.refused?.()),
      (error: unknown) => next?.refused?.(error),
    );
  }

  /** The first in line now has it; the one for whom it was claimed may have run out of patience. */
  private onClaimed(id: string): void {
    const line = this.lines.get(id);
    if (line) this.grant(id, line);
    else this.claims.release(id);
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
