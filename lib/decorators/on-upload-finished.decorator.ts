import type { OnUploadFinishedOptions } from '../interfaces/index.js';
import { markHandler } from '../handlers/index.js';

/**
 * Marks a method of a provider or controller that receives finished uploads.
 *
 * The method is called with a `FinishedUpload` and a `DeliveryContext`, at least once for every
 * upload that is finished: right after the client's last byte is safe, again with growing pauses
 * when it throws, and again after a restart when the process died before it returned.
 * `upload.attempt` and `upload.id` tell a repetition. May be given several times, for several
 * instances.
 *
 * It belongs to no request: an `AsyncLocalStorage` holds what it held when the app was started. What it
 * is to know of the request goes into `owner` or the metadata.
 *
 * @publicApi
 */
export function OnUploadFinished(options: OnUploadFinishedOptions = {}): MethodDecorator {
  return markHandler('finished', options);
}
