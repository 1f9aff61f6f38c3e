import { Inject, Injectable, Logger } from '@nestjs/common';
import { asError, FolderLostError } from '../errors/index.js';
import { EventDispatcher, UploadEvents } from '../events/index.js';
import type { FinishedUpload } from '../interfaces/index.js';
import type { RetryRules, TusOptions } from '../options/index.js';
import type {
  DeliveryOutcome,
  DeliveryRecord,
  UploadRecord,
  UploadRegistry,
} from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS, TUS_REGISTRY, TUS_STORAGE } from '../tus.constants.js';
import { handlerEndsProcess, handlerGone, othersHang } from './delivery.messages.js';
import { describeFinished, FinishedFiles } from '../uploads/index.js';
import { backoff } from './backoff.js';
import { describeDelivery } from './describe-delivery.js';
import { FinishedHandlers } from './finished-handlers.js';
import { HandlerRuns } from './handler-runs.js';
import { TimeLimit } from './time-limit.js';

/** Milliseconds between two looks for a missing handler. */
const HANDLER_PAUSE = 60_000;

/** How many attempts may end with their process, for each attempt that may fail. */
const LOST_FOR_EACH = 3;

/** Makes the attempts to deliver, one at a time each. */
@Injectable()
export class DeliveryAttempts {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** Milliseconds to wait for the handlers that are told of the upload first. */
  readonly patience = 10_000;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly files: FinishedFiles,
    private readonly handlers: FinishedHandlers,
    private readonly runs: HandlerRuns,
    private readonly dispatcher: EventDispatcher,
    private readonly events: UploadEvents,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
  ) {}

  /**
   * Calls the handler of a delivery.
   *
   * @param shutdown aborted when the app shuts down
   */
  async make(row: DeliveryRecord, shutdown: AbortSignal): Promise<DeliveryOutcome> {
    const handler = this.handlers.get(row.handler);
    const rules = this.handlers.rulesOf(row.handler);
    try {
      const record = await this.registry.get(row.uploadId);
      // Its client terminated it meanwhile: there is nothing to hand over.
      if (record?.state !== 'finished') return { kind: 'done' };
      if (!handler) return this.waitForHandler(row);
      if (isLostTooOften(row, rules)) return this.giveUpOnLost(row);
      await this.othersReturned(row, shutdown);
      await this.files.assertWhole(record);
      const finished = describeFinished(record, this.files.locate(record));
      const upload: FinishedUpload = { ...finished, attempt: row.attempt };
      await this.runs.run(row, rules.timeout, shutdown, (signal) =>
        handler.call(upload, upload, { signal }),
      );
      return { kind: 'done' };
    } catch (error) {
      if (shutdown.aborted || (await this.hasLostFolder(error)))
        return this.uncounted(asError(error));
      return this.afterFailure(row, asError(error), rules);
    }
  }

  /** Does what follows from an outcome that is stored. */
  async followUp(row: DeliveryRecord, outcome: DeliveryOutcome): Promise<void> {
    const record = await this.registry.get(row.uploadId);
    if (!record) return;
    if (outcome.kind === 'dead') {
      const { error, isUncounted } = outcome;
      const attempt = isUncounted ? row.attempt - 1 : row.attempt;
      this.events.failed(record, describeDelivery({ ...row, state: 'dead', attempt, error }));
    }
    if (outcome.kind === 'done' && record.removeWhenDelivered) await this.removeDelivered(record);
  }

  /** Events of an upload are told in order, unless a handler of an earlier event hangs. */
  private async othersReturned(row: DeliveryRecord, shutdown: AbortSignal): Promise<void> {
    const others = this.dispatcher.settled(row.uploadId);
    if (!others) return;
    const limit = new TimeLimit(this.patience, shutdown);
    try {
      if (await limit.allows(others)) return;
      shutdown.throwIfAborted();
      this.logger.warn(othersHang(row.uploadId, row.handler));
    } finally {
      limit.end();
    }
  }

  /** A process that dies before it is done leaves it to the cleanup. */
  private async removeDelivered({ id, state, movedTo }: UploadRecord): Promise<void> {
    if (state !== 'finished' || movedTo !== undefined) return;
    const others = await this.registry.deliveries({ uploadId: id, limit: 1 });
    if (others.items.length === 0) await this.files.remove(id);
  }

  private afterFailure(row: DeliveryRecord, error: Error, rules: RetryRules): DeliveryOutcome {
    const { attempts } = rules;
    const tried = row.attempt - (row.forgiven ?? 0) - (row.lost ?? 0);
    if (tried >= attempts) return this.giveUp(row, error);

    const wait = backoff(tried, rules);
    this.logger.warn(
      `Upload ${row.uploadId}: ${row.handler} failed, attempt ${tried} of ${attempts}; ` +
        `again in ${(wait / 1000).toFixed(1)} s. ${error.stack ?? error.message}`,
    );
    return { kind: 'retry', dueAt: Date.now() + wait, error: error.message };
  }

  /** While the folder is lost, a handler that does not find its file has not failed. */
  private async hasLostFolder(error: unknown): Promise<boolean> {
    if (error instanceof FolderLostError) return true;
    return this.storage.assertSame().then(
      () => false,
      () => true,
    );
  }

  /**
   * A handler that gives up because the app ends or the folder is lost has not failed, so its next
   * attempt need not wait.
   */
  private uncounted({ message }: Error): DeliveryOutcome {
    return { kind: 'retry', dueAt: Date.now(), error: message, isUncounted: true };
  }

  /** The handler may come back: after a rollback, or with another process. */
  private waitForHandler(row: DeliveryRecord): DeliveryOutcome {
    const error = handlerGone(row.handler);
    if (row.error !== error) this.logger.error(`Upload ${row.uploadId}: ${error}`);
    const wait = Math.min(this.options.delivery.backoffMax, HANDLER_PAUSE);
    return { kind: 'retry', dueAt: Date.now() + wait, error, isUncounted: true };
  }

  /** The handler was not called, so this counts as no attempt. */
  private giveUpOnLost(row: DeliveryRecord): DeliveryOutcome {
    const error = handlerEndsProcess(row.lost ?? 0);
    this.logger.error(`Upload ${row.uploadId}: ${row.handler} failed for good: ${error}`);
    return { kind: 'dead', error, isUncounted: true };
  }

  private giveUp(row: DeliveryRecord, { message, stack }: Error): DeliveryOutcome {
    this.logger.error(
      `Upload ${row.uploadId}: ${row.handler} failed for good, attempt ${row.attempt}: ${message}`,
      stack,
    );
    return { kind: 'dead', error: message };
  }
}

/** Anything may end a process once; a handler may end it each time. */
function isLostTooOften({ lost = 0 }: DeliveryRecord, { attempts }: RetryRules): boolean {
  return lost >= attempts * LOST_FOR_EACH;
}
