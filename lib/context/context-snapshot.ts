import { AsyncResource } from 'node:async_hooks';

/**
 * Remembers the async context in which it was made: what each `AsyncLocalStorage` of the app holds
 * there.
 *
 * An object takes a snapshot when it is made, and runs in it the work that others trigger. So what
 * lives as long as the app works in the context of the app's start. It would otherwise see, and
 * keep alive, the store of the request that happened to wake it. What belongs to a request works in
 * that request's context, whatever makes it go on.
 */
export class ContextSnapshot {
  // A tenth of a microsecond; `AsyncLocalStorage.snapshot()` takes ten, and one is made for each body.
  private readonly resource = new AsyncResource('TusContext');

  /** @returns what the work returns; what it throws is passed on */
  run<T>(work: () => T): T {
    return this.resource.runInAsyncScope(work);
  }
}
