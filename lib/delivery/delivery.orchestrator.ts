import { Inject, Injectable, Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../cluster/index.js';
import { ContextSnapshot } from '../context/index.js';
import { ClosedError, FolderLostError, logError } from '../errors/index.js';
import { LONGEST_TIMER } from '../options/index.js';
import type {
  DeliveryOutcome,
  DeliveryRecord,
  DueTerms,
  UploadRecord,
  UploadRegistry,
} from '../registry/index.js';
import { LOGGER_CONTEXT, TUS_CLUSTER, TUS_REGISTRY } from '../tus.constants.js';
import type { Completion } from '../uploads/index.js';
import { longestBackoff } from './backoff.js';
import { DeliveryAttempts } from './delivery.attempts.js';
import { FinishedHandlers } from './finished-handlers.js';
import { RunningDeliveries } from './running-deliveries.js';

/** Milliseconds until the registry is asked again after it failed. */
const REGISTRY_PAUSE = 1000;

/**
 * Brings finished uploads to their handlers, at least once each.
 *
 * Rows in the registry say what is to be delivered. They are written in the same transaction as the
 * finish, and this class only works them off, so a crash loses none.
 */
@Injectable()
export class DeliveryOrchestrator implements Completion {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  /** Tells this process from all others, earlier ones with the same process id included. */
  private readonly holder: string;
  private readonly running = new RunningDeliveries();
  private readonly shutdown = new AbortController();
  private timer?: NodeJS.Timeout;
  private started = false;
  private isLeft = false;
  private draining?: Promise<void>;
  private again = false;

  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly handlers: FinishedHandlers,
    private readonly attempts: DeliveryAttempts,
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
  ) {
    this.holder = cluster.identity;
    // Each delivery listens to it.
    setMaxListeners(0, this.shutdown.signal);
    cluster.onGone((identity) => void this.takeOverFrom(identity));
    cluster.onSuspected((identity) => void this.goOnWithout(identity));
    cluster.onWoken(() => this.onWoken());
  }

  /** Begins to deliver, first what dead processes have left. */
  async start(): Promise<void> {
    await this.registry.releaseDeliveries((holder) => this.mayTakeOver(holder), Date.now());
    this.started = true;
    this.wake();
  }

  /** Delivers nothing: other processes on the folder do, and are told when there is something. */
  leaveToOthers(): void {
    this.isLeft = true;
    // A process that could not greet this one in time may have looked before the last finish.
    this.cluster.onMet(() => this.cluster.wakeOthers());
  }

  /**
   * Begins no more deliveries; resolves when running handlers have returned, which may be never.
   */
  async stop(): Promise<void> {
    this.started = false;
    clearTimeout(this.timer);
    this.shutdown.abort();
    // A delivery that is being claimed runs, or is given back, before it is known who runs.
    await this.draining;
    await this.running.idle();
  }

  deliveriesOf(record: UploadRecord, now: number): DeliveryRecord[] {
    return this.handlers.meantFor(record).map((handler) => ({
      uploadId: record.id,
      handler,
      state: 'waiting',
      attempt: 0,
      dueAt: now,
    }));
  }

  committed(): void {
    this.call();
  }

  /** Tries deliveries again that were given up on; see `UploadRegistry`. */
  async retry(uploadId: string, handler?: string): Promise<number> {
    const revived = await this.registry.reviveDeliveries(uploadId, handler, Date.now());
    if (revived > 0) this.call();
    return revived;
  }

  /** Has what is due delivered, here or elsewhere. */
  private call(): void {
    if (this.started) this.wake();
    else this.cluster.wakeOthers();
  }

  private onWoken(): boolean {
    this.wake();
    return this.isLeft;
  }

  private wake(): void {
    this.again = true;
    if (!this.draining && this.started) this.draining = this.context.run(() => this.drain());
  }

  private async mayTakeOver(holder: string): Promise<boolean> {
    return (await this.cluster.isGone(holder)) || this.cluster.isSuspected(holder);
  }

  /**
   * The hanging process may go on, so handlers may run twice. Other processes may not have noticed
   * that it hangs.
   */
  private async goOnWithout(identity: string): Promise<void> {
    if (!this.isLeft) return this.takeOverFrom(identity);
    try {
      await this.registry.releaseDeliveries((holder) => holder === identity, Date.now());
      this.cluster.wakeOthers();
    } catch (error) {
      this.report(error, 'Deliveries could not be left to others');
    }
  }

  /** Deliveries that the dead process was to retry later need a look, too. */
  private async takeOverFrom(identity: string): Promise<void> {
    while (this.started) {
      try {
        await this.registry.releaseDeliveries((holder) => holder === identity, Date.now());
        this.wake();
        return;
      } catch (error) {
        this.report(error, 'Deliveries could not be taken over, which is tried again');
        await pause(REGISTRY_PAUSE, undefined, { ref: false });
      }
    }
  }

  /** One drain at a time; a wake-up meanwhile makes it look again. */
  private async drain(): Promise<void> {
    try {
      while (this.again && this.started) {
        this.again = false;
        await this.startDue();
        await this.wakeAtNext();
      }
    } catch (error) {
      this.report(error, 'Deliveries could not be read');
      this.wakeIn(REGISTRY_PAUSE);
    } finally {
      this.draining = undefined;
    }
  }

  private async startDue(): Promise<void> {
    while (this.started) {
      const now = Date.now();
      const rows = await this.registry.dueDeliveries(now, (handler) => this.termsOf(handler, now));
      if (rows.length === 0) return;
      for (const row of rows) await this.claimAndRun(row);
    }
  }

  private async claimAndRun(row: DeliveryRecord): Promise<void> {
    const claimed = await this.registry.claimDelivery(row, this.holder, Date.now());
    if (!claimed) return;
    if (!this.started) return this.giveBack(claimed);
    void this.running.add(row.handler, this.deliver(claimed)).then(() => this.wake());
  }

  /** Each handler has its own places, so that a handler that hangs holds up no other. */
  private roomFor(handler: string): number {
    return this.handlers.rulesOf(handler).concurrency - this.running.countOf(handler);
  }

  private termsOf(handler: string, now: number): DueTerms {
    const latest = now + longestBackoff(this.handlers.rulesOf(handler));
    return { limit: this.roomFor(handler), latest };
  }

  /** The app began to end while the claim was on its way to the disk. */
  private async giveBack(row: DeliveryRecord): Promise<void> {
    const { dueAt, error } = row;
    await this.settle(row, { kind: 'retry', dueAt, error, isUncounted: true });
  }

  /** A handler without room needs no timer: its next delivery that ends wakes it. */
  private async wakeAtNext(): Promise<void> {
    clearTimeout(this.timer);
    const next = await this.registry.nextDeliveryAt((handler) => this.roomFor(handler) > 0);
    if (next === undefined) return;
    const wait = next - Date.now();
    // The clock was set back just now: what waits longer than any pause is due.
    if (wait > this.handlers.longestPause()) this.again = true;
    else this.wakeIn(wait);
  }

  private wakeIn(milliseconds: number): void {
    clearTimeout(this.timer);
    if (!this.started) return;
    this.timer = setTimeout(
      () => this.wake(),
      Math.min(Math.max(milliseconds, 0), LONGEST_TIMER),
    ).unref();
  }

  private async deliver(row: DeliveryRecord): Promise<void> {
    const outcome = await this.attempts.make(row, this.shutdown.signal);
    // If another process has taken the delivery over, that process does what follows.
    if (!(await this.settle(row, outcome))) return;
    await this.attempts.followUp(row, outcome).catch((error: unknown) => {
      this.report(error, `Upload ${row.uploadId}: what follows ${row.handler} failed`);
    });
  }

  /** @returns whether the outcome counts */
  private async settle(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<boolean> {
    try {
      return await this.registry.settleDelivery(row, this.holder, outcome);
    } catch (error) {
      const what = `the outcome of ${row.handler} could not be stored`;
      this.report(error, `Upload ${row.uploadId}: ${what}`);
      return this.settleLater(row, outcome);
    }
  }

  /**
   * A full disk may get room again. If this process ends first, the next start delivers once more.
   */
  private async settleLater(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<boolean> {
    while (this.started) {
      await pause(REGISTRY_PAUSE);
      const settled = await this.registry
        .settleDelivery(row, this.holder, outcome)
        .catch(() => undefined);
      if (settled !== undefined) return settled;
    }
    return true;
  }

  /**
   * A lost folder is logged once, by its watch, and handlers that the app's end gives up are logged
   * elsewhere too.
   */
  private report(error: unknown, what: string): void {
    if (error instanceof FolderLostError || error instanceof ClosedError) return;
    logError(this.logger, what, error);
  }
}
