import { Inject, Injectable } from '@nestjs/common';
import { HandlerExplorer, type Handler } from '../handlers/index.js';
import type { OnUploadFinishedOptions } from '../interfaces/index.js';
import {
  parseCount,
  parseDuration,
  TusOptionError,
  type RetryRules,
  type TusOptions,
} from '../options/index.js';
import { isName, NAME_RULE, type UploadRecord } from '../registry/index.js';
import { TUS_OPTIONS } from '../tus.constants.js';
import { handlerTwice } from '../tus.messages.js';
import { describeRecord } from '../uploads/index.js';

/** A method decorated with `@OnUploadFinished()`. */
export interface FinishedHandler extends Handler<OnUploadFinishedOptions> {
  readonly rules: RetryRules;
}

/** The `@OnUploadFinished()` handlers of an instance, by the names their deliveries are kept under. */
@Injectable()
export class FinishedHandlers {
  private readonly handlers = new Map<string, FinishedHandler>();

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly explorer: HandlerExplorer,
  ) {}

  /**
   * Finds them; those of modules that are loaded later join them.
   *
   * @throws Error when two of them have the same name, so that deliveries could not be told apart
   * @throws TusOptionError for a wrong option of a decorator
   */
  explore(): void {
    this.explorer.explore<OnUploadFinishedOptions>('finished', (handler) => this.add(handler));
  }

  get(name: string): FinishedHandler | undefined {
    this.explorer.look();
    return this.handlers.get(name);
  }

  /** Names of the handlers that are to hear of an upload; what an endpoint answers is handled. */
  meantFor(record: UploadRecord): string[] {
    this.explorer.look();
    if (record.endpoint !== undefined || this.handlers.size === 0) return [];
    const upload = describeRecord(record);
    return [...this.handlers.values()]
      .filter((handler) => handler.wants(upload))
      .map(({ name }) => name);
  }

  private add(handler: Handler<OnUploadFinishedOptions>): void {
    checkName(handler.name);
    if (this.handlers.has(handler.name)) throw new Error(handlerTwice(handler.name));
    this.handlers.set(handler.name, { ...handler, rules: this.rulesOf(handler.options) });
  }

  private rulesOf({ attempts, backoff }: OnUploadFinishedOptions): RetryRules {
    const { delivery } = this.options;
    const duration = (part: 'first' | 'max', fallback: number) =>
      backoff?.[part] === undefined
        ? fallback
        : parseDuration(`@OnUploadFinished backoff.${part}`, backoff[part]);
    return {
      attempts:
        attempts === undefined
          ? delivery.attempts
          : parseCount('@OnUploadFinished attempts', attempts),
      backoffFirst: duration('first', delivery.backoffFirst),
      backoffMax: duration('max', delivery.backoffMax),
    };
  }
}

/** The registry would refuse it only when an upload is finished. */
function checkName(name: unknown): void {
  if (isName(name)) return;
  throw new TusOptionError('@OnUploadFinished id', name, `Give it ${NAME_RULE}.`);
}
