import { Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { logError } from '../errors/index.js';
import { HandlerExplorer, type Handler } from '../handlers/index.js';
import type { OnUploadProgressOptions, UploadEvent } from '../interfaces/index.js';
import { parseTimer } from '../options/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import { Throttle } from './throttle.js';
import { UploadEvents } from './upload-events.js';

/** The kinds of handlers that are told of events, and the events of each. */
const EVENTS = [
  { kind: 'created', types: ['created'] },
  { kind: 'terminated', types: ['terminated', 'quarantined'] },
  { kind: 'expired', types: ['expired'] },
  { kind: 'failed', types: ['failed'] },
] as const;

/**
 * Seconds between two calls of a progress handler for the same upload, unless its decorator says
 * otherwise.
 */
const DEFAULT_EVERY = 1;

type Listener = (event: UploadEvent) => void;

/**
 * Calls the app's handlers that tell what happened, for the events of one upload one after the
 * other.
 */
@Injectable()
export class EventDispatcher {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly listeners = new Map<UploadEvent['type'], Listener[]>();
  private readonly throttles: Throttle<UploadEvent>[] = [];
  /** By upload; resolves when the handlers called so far have returned. */
  private readonly chains = new Map<string, Promise<void>>();
  private subscription?: Subscription;

  constructor(
    private readonly explorer: HandlerExplorer,
    private readonly events: UploadEvents,
  ) {}

  /** Finds the handlers; without any, nothing listens to events. */
  explore(): void {
    for (const { kind, types } of EVENTS) {
      this.explorer.explore(kind, (handler) => {
        for (const type of types) this.listen(type, (event) => void this.enqueue(handler, event));
      });
    }
    this.explorer.explore<OnUploadProgressOptions>('progress', (handler) => {
      this.listenThrottled(handler);
    });
  }

  /**
   * Resolves when the handlers that an upload's events have called so far have returned.
   *
   * @returns `undefined` when none is running
   */
  settled(uploadId: string): Promise<void> | undefined {
    return this.chains.get(uploadId);
  }

  /** Calls no handler for what has not been told yet. */
  stop(): void {
    this.subscription?.unsubscribe();
    for (const throttle of this.throttles) throttle.clear();
  }

  private listen(type: UploadEvent['type'], listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
    this.subscription ??= this.events.here$.subscribe((event) => this.dispatch(event));
  }

  private listenThrottled(handler: Handler<OnUploadProgressOptions>): void {
    const every = parseTimer('@OnUploadProgress every', handler.options.every ?? DEFAULT_EVERY);
    const throttle = new Throttle<UploadEvent>(every, (event) => this.enqueue(handler, event));
    this.throttles.push(throttle);
    this.listen('progress', (event) => throttle.offer(event.upload.id, event));
  }

  private dispatch(event: UploadEvent): void {
    const { id, partial } = event.upload;
    if (partial) return;
    if (event.type !== 'progress') for (const throttle of this.throttles) throttle.drop(id);
    for (const listener of this.listeners.get(event.type) ?? []) listener(event);
  }

  private enqueue(handler: Handler, event: UploadEvent): Promise<void> {
    const { id } = event.upload;
    const chain = (this.chains.get(id) ?? Promise.resolve()).then(() => this.call(handler, event));
    this.chains.set(id, chain);
    return chain.finally(() => {
      if (this.chains.get(id) === chain) this.chains.delete(id);
    });
  }

  private async call(handler: Handler, event: UploadEvent): Promise<void> {
    const { upload } = event;
    const report = (error: unknown) => this.report(handler, event, error);
    if (!handler.wants(upload)) return;
    const delivery = event.type === 'failed' ? [event.delivery] : [];
    await handler.call(upload, upload, ...delivery).catch(report);
  }

  private report({ name }: Handler, { type, upload }: UploadEvent, error: unknown): void {
    logError(this.logger, `Upload ${upload.id}: ${name} failed on "${type}"`, error);
  }
}
