import type { DeliveryRecord } from '../registry/index.js';

/** Milliseconds within which a delivery that waits here is to be begun, as far as one can tell. */
const SOON = 100;

/** How many deliveries may wait here at most, for each that may run at a time. */
const MOST_WAITING = 64;

/** How many outcomes may be on their way to the registry before no more deliveries are begun. */
const MOST_UNSETTLED = 256;

/** How much of the usual duration the latest call makes up. */
const LATEST_SHARE = 0.1;

/** A delivery that this process holds, and that waits for others to end. */
interface Waiting {
  readonly row: DeliveryRecord;
  /** Since when, in milliseconds of a clock that is never set. */
  readonly since: number;
}

/**
 * The deliveries of one handler that this process holds: how many run, and which ones are next.
 *
 * Its places are for handlers that run, and not for the commits before and after a call.
 */
export class HandlerLane {
  /** Whether the registry may have deliveries that are due and found no room here. */
  isBehind = false;
  private readonly waiting: Waiting[] = [];
  private reserved = 0;
  private running = 0;
  private unsettled = 0;
  /** Milliseconds that a call of the handler takes. */
  private usual = Infinity;

  /** @param concurrency how many may run at a time */
  constructor(private readonly concurrency: () => number) {}

  /**
   * How many more deliveries may come: there is a place for each that is free, or soon will be, for
   * the handler is quick.
   */
  get room(): number {
    if (this.unsettled >= MOST_UNSETTLED) return 0;
    return Math.max(0, this.concurrency() + this.longestQueue - this.taken);
  }

  /** Milliseconds that the next delivery has waited here; `undefined` when there is none. */
  get waited(): number | undefined {
    const [next] = this.waiting;
    return next && performance.now() - next.since;
  }

  /** Keeps a place for a delivery that is about to be stored, unless older ones wait for one. */
  reserve(): boolean {
    if (this.isBehind || this.room === 0) return false;
    this.hold();
    return true;
  }

  /** Keeps a place for a delivery that is being taken out of the registry. */
  hold(): void {
    this.reserved += 1;
  }

  /** The delivery that a place was kept for does not come. */
  cancel(): void {
    this.reserved -= 1;
  }

  /** The delivery comes that a place was kept for. */
  add(row: DeliveryRecord): void {
    this.reserved -= 1;
    this.waiting.push({ row, since: performance.now() });
  }

  /** The delivery that is next, to be begun now; `undefined` while none may be. */
  begin(): DeliveryRecord | undefined {
    if (this.running >= this.concurrency() || this.unsettled >= MOST_UNSETTLED) return undefined;
    const next = this.waiting.shift();
    if (next) this.running += 1;
    return next?.row;
  }

  /** A call has returned; its outcome is still to be stored. */
  end(milliseconds: number): void {
    this.running -= 1;
    this.unsettled += 1;
    const share = Number.isFinite(this.usual) ? LATEST_SHARE : 1;
    this.usual = share * milliseconds + (share < 1 ? (1 - share) * this.usual : 0);
  }

  /** An outcome has been stored. */
  settle(): void {
    this.unsettled -= 1;
  }

  /** Takes out all that wait here. */
  clear(): DeliveryRecord[] {
    return this.waiting.splice(0).map(({ row }) => row);
  }

  private get taken(): number {
    return this.reserved + this.waiting.length + this.running;
  }

  private get longestQueue(): number {
    const each = Math.floor(SOON / Math.max(this.usual, SOON / MOST_WAITING));
    return each * this.concurrency();
  }
}
