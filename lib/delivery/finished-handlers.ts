import { Inject, Injectable } from '@nestjs/common';
import { HandlerExplorer, type Handler } from '../handlers/index.js';
import type { Duration, OnUploadFinishedOptions } from '../interfaces/index.js';
import {
  optional,
  orNever,
  parseCount,
  parseDuration,
  TusOptionError,
  type DeliveryRules,
  type TusOptions,
} from '../options/index.js';
import { isName, NAME_RULE, type UploadRecord } from '../registry/index.js';
import { TUS_OPTIONS } from '../tus.constants.js';
import { handlerTwice } from './delivery.messages.js';
import { describeRecord } from '../uploads/index.js';
import { longestBackoff } from './backoff.js';

/** A method decorated with `@OnUploadFinished()`. */
export interface FinishedHandler extends Handler<OnUploadFinishedOptions> {
  readonly rules: DeliveryRules;
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

  /** How a handler is called; a missing one gets the instance's defaults. */
  rulesOf(name: string): DeliveryRules {
    return this.handlers.get(name)?.rules ?? this.options.delivery;
  }

  /** The longest pause between two attempts that any handler has, in milliseconds. */
  longestPause(): number {
    const rules = [...this.handlers.values()].map((handler) => handler.rules);
    return Math.max(...[this.options.delivery, ...rules].map(longestBackoff));
  }

  /**
   * Names of the handlers that are to get an upload; none for an upload to an endpoint, whose
   * method handles it.
   */
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
    this.handlers.set(handler.name, { ...handler, rules: this.rulesFrom(handler.options) });
  }

  private rulesFrom(options: OnUploadFinishedOptions): DeliveryRules {
    const { delivery } = this.options;
    const { attempts, backoff, concurrency, timeout } = options;
    const count = (name: string) => (value: number) =>
      parseCount(`@OnUploadFinished ${name}`, value);
    const duration = (name: string) => (value: Duration) =>
      parseDuration(`@OnUploadFinished ${name}`, value);
    return {
      attempts: optional(attempts, count('attempts')) ?? delivery.attempts,
      concurrency: optional(concurrency, count('concurrency')) ?? delivery.concurrency,
      backoffFirst: optional(backoff?.first, duration('backoff.first')) ?? delivery.backoffFirst,
      backoffMax: optional(backoff?.max, duration('backoff.max')) ?? delivery.backoffMax,
      timeout:
        timeout === undefined ? delivery.timeout : orNever(timeout, '@OnUploadFinished timeout'),
    };
  }
}

/** The registry would refuse it only when an upload is finished. */
function checkName(name: unknown): void {
  if (isName(name)) return;
  throw new TusOptionError('@OnUploadFinished id', name, `Give it ${NAME_RULE}.`);
}
