import { Injectable, Logger } from '@nestjs/common';
import { FinishedHandlers, MissingHandlers } from '../delivery/index.js';
import { logError } from '../errors/index.js';
import { EventDispatcher, UploadEvents } from '../events/index.js';
import { RunningCalls, type RunningCall } from '../handlers/index.js';
import { CreateHooks, FinishHooks } from '../hooks/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';

/** All decorated methods of the app that an instance calls. */
@Injectable()
export class TusHandlers {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private reporting?: Promise<void>;

  constructor(
    private readonly finished: FinishedHandlers,
    private readonly missing: MissingHandlers,
    private readonly createHooks: CreateHooks,
    private readonly finishHooks: FinishHooks,
    private readonly dispatcher: EventDispatcher,
    private readonly events: UploadEvents,
    private readonly calls: RunningCalls,
  ) {}

  /** Finds them; they are called for uploads that are created or finished from now on. */
  explore(): void {
    this.finished.explore();
    this.createHooks.explore();
    this.finishHooks.explore();
    this.dispatcher.explore();
  }

  /** Logs deliveries that have lost their handlers; nothing waits for it. */
  reportMissing(): void {
    this.reporting = this.missing.report().catch((error: unknown) => {
      logError(this.logger, 'Deliveries could not be looked through', error);
    });
  }

  /** Calls that have not returned. */
  get running(): readonly RunningCall[] {
    return this.calls.all;
  }

  /** Resolves when all calls have returned. */
  idle(): Promise<void> {
    return this.calls.idle();
  }

  /** Ends what watches and what looks; later events are not told. */
  async stop(): Promise<void> {
    this.missing.stop();
    this.dispatcher.stop();
    this.events.complete();
    await this.reporting;
  }
}
