import type { LeaseKey } from '../../cluster/index.js';
import { ClosedError, UploadFencedError } from '../../errors/index.js';

/**
 * Why a holder is asked to let go: a newer request wants the upload, or the app shuts down; or another
 * process has taken the upload already, for this one did not answer.
 */
export type RevokeReason = 'newer-request' | 'shutdown' | 'fenced';

/** The right to change one upload, held by one caller at a time until it is released. */
export class Lease {
  #revokedBy?: RevokeReason;
  #listener?: (reason: RevokeReason) => void;
  #pinned = false;
  #givenUp = false;

  constructor(
    private readonly key: LeaseKey,
    private readonly letGo: (lease: Lease) => void,
    private readonly keep: (lease: Lease) => void,
    private readonly hasLost: (key: LeaseKey) => boolean = () => false,
  ) {}

  /** Whether another process has taken the upload, as of now. */
  get isLost(): boolean {
    return this.hasLost(this.key);
  }

  /**
   * Makes sure that what was seen or done under it counts.
   *
   * @throws ClosedError when the holder was given up, and must touch nothing any more
   * @throws UploadFencedError
   */
  assertHeld(): void {
    if (this.#givenUp) throw new ClosedError();
    if (this.isLost) throw new UploadFencedError(this.key);
  }

  /** Whether the holder will not let go when asked. */
  get isPinned(): boolean {
    return this.#pinned;
  }

  /** Refuses the upload, until it is released, to all who wait for it and to all who come. */
  pin(): void {
    this.#pinned = true;
    this.keep(this);
  }

  /** Set once the holder was asked to let go. */
  get revokedBy(): RevokeReason | undefined {
    return this.#revokedBy;
  }

  /** Calls the listener when the holder is asked to let go; at once when it already was. */
  onRevoke(listener: (reason: RevokeReason) => void): void {
    this.#listener = listener;
    if (this.#revokedBy !== undefined) listener(this.#revokedBy);
  }

  /** Asks the holder to let go soon; only the first reason counts. */
  revoke(reason: RevokeReason): void {
    if (this.#revokedBy !== undefined) return;
    this.#revokedBy = reason;
    this.#listener?.(reason);
  }

  /** Leaves the holder without the upload: it was waited for in vain. */
  giveUp(): void {
    this.#givenUp = true;
  }

  release(): void {
    this.letGo(this);
  }
}
