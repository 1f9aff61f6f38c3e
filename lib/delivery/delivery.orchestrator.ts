import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../cluster/index.js';
import { ContextSnapshot } from '../context/index.js';
import { LONGEST_TIMER } from '../options/index.js';
import {
  taken,
  type DeliveryRecord,
  type UploadRecord,
  type UploadRegistry,
} from '../registry/index.js';
import { LOGGER_CONTEXT, TUS_CLUSTER, TUS_REGISTRY } from '../tus.constants.js';
import type { Completion } from '../uploads/index.js';
import { longestBackoff } from './backoff.js';
import { DeliveryRunner } from './delivery-runner.js';
import { FinishedHandlers } from './finished-handlers.js';
import { reportFault } from './report-fault.js';

/** Milliseconds until the registry is asked again after it failed. */
const REGISTRY_PAUSE = 1000;

/**
 * Brings finished uploads to their handlers, at least once each.
 *
 * Rows in the registry say what is to be delivered. They are written in the same transaction as the
 * finish, and this class only works them off, so a crash loses none. What this process has room for
 * is born as running here, and needs not be looked for.
 */
@Injectable()
export class DeliveryOrchestrator implements Completion {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  private timer?: NodeJS.Timeout;
  private started = false;
  private isLeft = false;
  private draining?: Promise<void>;
  private again = false;

  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly handlers: FinishedHandlers,
    private readonly runner: DeliveryRunner,
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
  ) {
    cluster.onGone((identity) => void this.takeOverFrom(identity));
    cluster.onSuspected((identity) => void this.goOnWithout(identity));
    cluster.onWoken(() => this.onWoken());
  }

  /** Begins to deliver, first what dead processes have left. */
  async start(): Promise<void> {
    await this.registry.releaseDeliveries((holder) => this.mayTakeOver(holder), Date.now());
    this.started = true;
    this.runner.start(() => this.wake());
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
    const stopped = this.runner.stop();
    // A delivery that is being claimed is given back before it is known who runs.
    await this.draining;
    await stopped;
  }

  deliveriesOf(record: UploadRecord, now: number): DeliveryRecord[] {
    return this.handlers.meantFor(record).map((handler) => this.born(record.id, handler, now));
  }

  committed(deliveries: readonly DeliveryRecord[]): void {
    const mine = deliveries.filter(isRunning);
    for (const row of mine) this.runner.run(row);
    if (mine.length < deliveries.length) this.call();
  }

  notCommitted(deliveries: readonly DeliveryRecord[]): void {
    for (const row of deliveries.filter(isRunning)) this.runner.cancel(row);
  }

  /** Tries deliveries again that were given up on; see `UploadRegistry`. */
  async retry(uploadId: string, handler?: string): Promise<number> {
    const revived = await this.registry.reviveDeliveries(uploadId, handler, Date.now());
    if (revived > 0) this.call();
    return revived;
  }

  private born(uploadId: string, handler: string, now: number): DeliveryRecord {
    const row = { uploadId, handler, state: 'waiting', attempt: 0, dueAt: now } as const;
    return this.runner.reserve(handler) ? taken(row, this.runner.holder, now) : row;
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
      reportFault(this.logger, 'Deliveries could not be left to others', error);
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
        reportFault(this.logger, 'Deliveries could not be taken over, which is tried again', error);
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
      reportFault(this.logger, 'Deliveries could not be read', error);
      this.wakeIn(REGISTRY_PAUSE);
    } finally {
      this.draining = undefined;
    }
  }

  private async startDue(): Promise<void> {
    while (this.started) {
      const rows = await this.due();
      if (rows.length === 0) return;
      await this.claimAndRun(rows);
    }
  }

  /** What is due and has room here. */
  private async due(): Promise<DeliveryRecord[]> {
    const now = Date.now();
    const limits = new Map<string, number>();
    const rows = await this.registry.dueDeliveries(now, (handler) => {
      const { room } = this.runner.laneOf(handler);
      limits.set(handler, room);
      return { limit: room, latest: now + longestBackoff(this.handlers.rulesOf(handler)) };
    });
    this.runner.noteBehind((handler) => {
      const limit = limits.get(handler);
      return limit !== undefined && rows.filter((row) => row.handler === handler).length >= limit;
    });
    return rows;
  }

  /** Those of one look are claimed together, in one transaction where the registry has one. */
  private async claimAndRun(rows: readonly DeliveryRecord[]): Promise<void> {
    const claims = rows.map((row) => this.runner.claim(row));
    const failed = (await Promise.allSettled(claims)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** A handler that is behind needs no timer: its next delivery that ends wakes it. */
  private async wakeAtNext(): Promise<void> {
    clearTimeout(this.timer);
    const next = await this.registry.nextDeliveryAt(
      (handler) => !this.runner.laneOf(handler).isBehind,
    );
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
}

function isRunning({ state }: DeliveryRecord): boolean {
  return state === 'running';
}
