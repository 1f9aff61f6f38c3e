import { Injectable, Logger } from '@nestjs/common';
import type { DeliveryRecord } from '../registry/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import { waitAtMost } from '../wait-at-most.js';
import { handlerRunsLong } from './delivery.messages.js';
import { TimeLimit } from './time-limit.js';

/**
 * Calls handlers in this process: limits how long a call may take, and makes none for a delivery
 * while an earlier call for it goes on.
 */
@Injectable()
export class HandlerRuns {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** By delivery, the end of its call; never rejects. */
  private readonly running = new Map<string, Promise<void>>();

  /** Milliseconds after which a running call is logged. */
  readonly longAfter = 600_000;

  /** Milliseconds that a handler has to clear up once its time is over. */
  readonly lastWords = 1000;

  /**
   * Calls a handler, and waits until it has returned or its time is over.
   *
   * @param timeout milliseconds it may take; absent: any time
   * @param shutdown aborted when the app shuts down; the handler is then waited for as long as the
   *   caller is
   * @param call calls it, with the signal it is to listen to
   * @throws OutOfTimeError, and what the handler throws
   */
  async run(
    row: DeliveryRecord,
    timeout: number | undefined,
    shutdown: AbortSignal,
    call: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const watch = setTimeout(() => this.tellOf(row), this.longAfter).unref();
    try {
      if (timeout === undefined) await call(shutdown);
      else await this.runWithin(timeout, row, shutdown, call);
    } finally {
      clearTimeout(watch);
    }
  }

  private async runWithin(
    timeout: number,
    row: DeliveryRecord,
    shutdown: AbortSignal,
    call: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const limit = new TimeLimit(timeout, shutdown);
    try {
      await this.earlierCall(row, limit);
      const called = call(limit.signal);
      this.track(row, called);
      if (await limit.allows(called)) return;
      if (shutdown.aborted) await called;
      else if (!(await waitAtMost(this.lastWords, called))) limit.signal.throwIfAborted();
    } finally {
      limit.end();
    }
  }

  /** A call that did not return in time may still use the file. */
  private async earlierCall(row: DeliveryRecord, limit: TimeLimit): Promise<void> {
    const earlier = this.running.get(keyOf(row));
    if (earlier && !(await limit.allows(earlier))) limit.signal.throwIfAborted();
  }

  private track(row: DeliveryRecord, called: Promise<unknown>): void {
    const key = keyOf(row);
    const forget = () => void this.running.delete(key);
    this.running.set(key, called.then(forget, forget));
  }

  private tellOf({ uploadId, handler, startedAt = Date.now() }: DeliveryRecord): void {
    this.logger.warn(handlerRunsLong(uploadId, handler, new Date(startedAt)));
  }
}

function keyOf({ uploadId, handler }: DeliveryRecord): string {
  return `${uploadId} ${handler}`;
}
