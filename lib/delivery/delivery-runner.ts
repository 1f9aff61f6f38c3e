import { Inject, Injectable, Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../cluster/index.js';
import { ContextSnapshot } from '../context/index.js';
import { Measures } from '../measures/index.js';
import type {
  DeliveryKey,
  DeliveryOutcome,
  DeliveryRecord,
  UploadRegistry,
} from '../registry/index.js';
import { LOGGER_CONTEXT, TUS_CLUSTER, TUS_REGISTRY } from '../tus.constants.js';
import { DeliveryAttempts } from './delivery.attempts.js';
import { FinishedHandlers } from './finished-handlers.js';
import { HandlerLane } from './handler-lane.js';
import { reportFault } from './report-fault.js';

/** Milliseconds until the registry is asked again after it failed. */
const REGISTRY_PAUSE = 1000;

/** Milliseconds after which a delivery that could not be begun goes back to where others find it. */
const PATIENCE = 1000;

/**
 * Runs the deliveries that this process holds, and stores what becomes of them.
 *
 * Each handler has its own lane, so that a handler that hangs holds up no other.
 */
@Injectable()
export class DeliveryRunner {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  private readonly lanes = new Map<string, HandlerLane>();
  private readonly running = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private readonly watches = new Map<HandlerLane, NodeJS.Timeout>();
  private lookAgain: () => void = () => undefined;
  private isRunning = false;

  /** Tells this process from all others, earlier ones with the same process id included. */
  readonly holder: string;

  /** Milliseconds that a delivery may wait here for others to end. */
  readonly patience = PATIENCE;

  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly handlers: FinishedHandlers,
    private readonly attempts: DeliveryAttempts,
    private readonly measures: Measures,
    @Inject(TUS_CLUSTER) cluster: Cluster,
  ) {
    this.holder = cluster.identity;
    // Each delivery listens to it.
    setMaxListeners(0, this.shutdown.signal);
  }

  /** @param lookAgain told when the registry may have what there is room for, or must be asked again */
  start(lookAgain: () => void): void {
    this.lookAgain = lookAgain;
    this.isRunning = true;
  }

  /**
   * Begins no more deliveries, and gives back those that wait here; resolves when running handlers
   * have returned, which may be never.
   */
  async stop(): Promise<void> {
    this.isRunning = false;
    this.shutdown.abort();
    for (const lane of this.lanes.values()) this.clear(lane);
    await Promise.all(this.running);
  }

  laneOf(handler: string): HandlerLane {
    const known = this.lanes.get(handler);
    if (known) return known;
    const lane = new HandlerLane(() => this.handlers.rulesOf(handler).concurrency);
    this.lanes.set(handler, lane);
    return lane;
  }

  /** Notes which handlers have more due than there was room for. */
  noteBehind(isBehind: (handler: string) => boolean): void {
    for (const [handler, lane] of this.lanes) lane.isBehind = isBehind(handler);
  }

  /** Takes a delivery out of the registry that there is room for, unless another process has it. */
  async claim(key: DeliveryKey): Promise<void> {
    const lane = this.laneOf(key.handler);
    lane.hold();
    let claimed: DeliveryRecord | undefined;
    try {
      claimed = await this.registry.claimDelivery(key, this.holder, Date.now());
    } finally {
      if (!claimed) lane.cancel();
    }
    if (claimed) this.run(claimed);
  }

  /** Keeps a place for a delivery that is about to be stored as running here. */
  reserve(handler: string): boolean {
    return this.isRunning && this.laneOf(handler).reserve();
  }

  /** The delivery that a place was kept for is stored as running here. */
  run(row: DeliveryRecord): void {
    const lane = this.laneOf(row.handler);
    lane.add(row);
    if (!this.isRunning) return this.clear(lane);
    this.context.run(() => this.beginNext(lane));
    if (lane.waited !== undefined) this.watch(lane);
  }

  /** It is not known to be stored. */
  cancel(row: DeliveryRecord): void {
    const lane = this.laneOf(row.handler);
    lane.cancel();
    this.track(this.giveBack(row));
    if (lane.isBehind) this.lookAgain();
  }

  private beginNext(lane: HandlerLane): void {
    // This process may have stood still, and others have taken over what waits here.
    if ((lane.waited ?? 0) > this.patience) return this.clear(lane);
    for (let row = lane.begin(); row; row = lane.begin()) this.track(this.deliver(row, lane));
  }

  private async deliver(row: DeliveryRecord, lane: HandlerLane): Promise<void> {
    const begunAt = performance.now();
    const outcome = await this.attempts.make(row, this.shutdown.signal);
    const duration = performance.now() - begunAt;
    lane.end(duration);
    this.goOn(lane);
    await this.conclude(row, outcome);
    this.measure(row, outcome, duration);
    lane.settle();
    this.goOn(lane);
    // It is to be tried again, and the timer must know.
    if (outcome.kind === 'retry') this.lookAgain();
  }

  /** What was no attempt counts as none. */
  private measure(row: DeliveryRecord, outcome: DeliveryOutcome, duration: number): void {
    const { uploadId, handler, attempt } = row;
    if (outcome.kind !== 'done' && outcome.isUncounted) return;
    this.measures.delivered({ uploadId, handler, attempt, duration, outcome: outcome.kind });
  }

  private goOn(lane: HandlerLane): void {
    this.beginNext(lane);
    if (lane.isBehind) this.lookAgain();
  }

  private async conclude(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<void> {
    // If another process has taken the delivery over, that process does what follows.
    if (!(await this.settle(row, outcome))) return;
    await this.attempts.followUp(row, outcome).catch((error: unknown) => {
      const what = `what follows ${row.handler} failed`;
      reportFault(this.logger, `Upload ${row.uploadId}: ${what}`, error);
    });
  }

  /** Gives back what waits here once it has waited too long, for the handler may hang. */
  private watch(lane: HandlerLane): void {
    if (this.watches.has(lane)) return;
    const look = () => {
      this.watches.delete(lane);
      const { waited } = lane;
      if (waited === undefined) return;
      if (waited < this.patience) return this.watch(lane);
      this.clear(lane);
    };
    this.watches.set(lane, setTimeout(look, this.patience).unref());
  }

  private clear(lane: HandlerLane): void {
    const rows = lane.clear();
    if (rows.length === 0) return;
    const givenBack = Promise.all(rows.map((row) => this.giveBack(row)));
    this.track(givenBack.then(() => this.lookAgain()));
  }

  /** No attempt was made. */
  private async giveBack(row: DeliveryRecord): Promise<void> {
    const { dueAt, error } = row;
    await this.settle(row, { kind: 'retry', dueAt, error, isUncounted: true });
  }

  /** @returns whether the outcome counts */
  private async settle(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<boolean> {
    try {
      return await this.registry.settleDelivery(row, this.holder, outcome);
    } catch (error) {
      const what = `the outcome of ${row.handler} could not be stored`;
      reportFault(this.logger, `Upload ${row.uploadId}: ${what}`, error);
      return this.settleLater(row, outcome);
    }
  }

  /**
   * A full disk may get room again. If this process ends first, the next start delivers once more.
   */
  private async settleLater(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<boolean> {
    while (this.isRunning) {
      await pause(REGISTRY_PAUSE);
      const settled = await this.registry
        .settleDelivery(row, this.holder, outcome)
        .catch(() => undefined);
      if (settled !== undefined) return settled;
    }
    return true;
  }

  private track(delivery: Promise<void>): void {
    const ended = delivery.finally(() => this.running.delete(ended));
    this.running.add(ended);
  }
}
