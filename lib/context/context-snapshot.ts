import { AsyncResource } from 'node:async_hooks';

/**
 * The async context in which it was made: what each `AsyncLocalStorage` of the app holds there.
 *
 * An object makes one when it is made itself, and runs in it what others set off. What lives as long
 * as the app then works in the context of the app's start, and not in that of the request that
 * happens to wake it, whose store it would see, and keep; what belongs to a request works in that
 * request's, though others let it go on.
 */
export class ContextSnapshot {
  // A tenth of a microsecond; `AsyncLocalStorage.snapshot()` takes ten, and one is made for each body.
  private readonly resource = new AsyncResource('TusContext');

  /** @returns what the work returns; what it throws is passed on */
  run<T>(work: () => T): T {
    return this.resource.runInAsyncScope(work);
  }
}
