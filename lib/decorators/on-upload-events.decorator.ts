import type { HandlerOptions, OnUploadProgressOptions } from '../interfaces/index.js';
import { markHandler } from '../handlers/index.js';

/**
 * Marks a method that is told, with an `Upload`, of each upload that was created.
 *
 * This decorator and those below tell what happened in this process, once and without a promise:
 * nothing is repeated after a throw, which is logged, or a crash. A handler is called when those
 * that were called before it for the same upload have returned. Partial uploads are not told of. An
 * `AsyncLocalStorage` holds what it held when the app was started, and nothing of a request.
 *
 * @publicApi
 */
export function OnUploadCreated(options: HandlerOptions = {}): MethodDecorator {
  return markHandler('created', options);
}

/**
 * Marks a method that is told, with an `Upload`, how far an upload is: once a second at most, and
 * never after its end.
 *
 * @publicApi
 */
export function OnUploadProgress(options: OnUploadProgressOptions = {}): MethodDecorator {
  return markHandler('progress', options);
}

/**
 * Marks a method that is told, with an `Upload`, of each upload that was ended: by its client, by
 * the application, or because it was refused.
 *
 * @publicApi
 */
export function OnUploadTerminated(options: HandlerOptions = {}): MethodDecorator {
  return markHandler('terminated', options);
}

/**
 * Marks a method that is told, with an `Upload`, of each upload that has expired.
 *
 * @publicApi
 */
export function OnUploadExpired(options: HandlerOptions = {}): MethodDecorator {
  return markHandler('expired', options);
}

/**
 * Marks a method that is told, with an `Upload` and a `Delivery`, of each `@OnUploadFinished()`
 * handler that was given up on for an upload. `TusService.deliveries({ state: 'dead' })` lists them
 * at any time, `retry()` has them tried again.
 *
 * @publicApi
 */
export function OnUploadFailed(options: HandlerOptions = {}): MethodDecorator {
  return markHandler('failed', options);
}
