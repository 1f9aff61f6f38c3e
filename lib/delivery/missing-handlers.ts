import { Injectable, Inject, Logger } from '@nestjs/common';
import { eachPage, type DeliveryState, type UploadRegistry } from '../registry/index.js';
import { LOGGER_CONTEXT, TUS_REGISTRY } from '../tus.constants.js';
import { handlersMissing } from './delivery.messages.js';
import { FinishedHandlers } from './finished-handlers.js';

/** Deliveries looked at together. */
const PAGE = 500;

type Counts = Record<DeliveryState, number>;

/** Tells at start of deliveries to handlers that were renamed or removed. */
@Injectable()
export class MissingHandlers {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private stopped = false;

  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly handlers: FinishedHandlers,
  ) {}

  /** Logs one line for each such handler; the more deliveries there are, the longer it takes. */
  async report(): Promise<void> {
    for (const [handler, { waiting, running, dead }] of await this.count()) {
      this.logger.warn(handlersMissing(handler, waiting + running, dead));
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async count(): Promise<Map<string, Counts>> {
    const missing = new Map<string, Counts>();
    const pages = eachPage((cursor) => this.registry.deliveries({ cursor, limit: PAGE }));
    for await (const rows of pages) {
      for (const { handler, state } of rows) {
        if (this.handlers.get(handler)) continue;
        const counts = missing.get(handler) ?? { waiting: 0, running: 0, dead: 0 };
        counts[state] += 1;
        missing.set(handler, counts);
      }
      if (this.stopped) break;
    }
    return missing;
  }
}
