import type { OnUploadFinishedOptions } from '../interfaces/index.js';
import { ON_UPLOAD_FINISHED_METADATA } from '../tus.constants.js';

/**
 * Marks a method of a provider or controller that receives finished uploads.
 *
 * The method is called with a `FinishedUpload` at least once for every upload that is finished:
 * right after the client's last byte is safe, again with growing pauses when it throws, and again
 * after a restart when the process died before it returned. `upload.attempt` and `upload.id` tell
 * a repetition. May be given several times, for several instances.
 *
 * @publicApi
 */
export function OnUploadFinished(options: OnUploadFinishedOptions = {}): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const others = getOnUploadFinished(handler);
    Reflect.defineMetadata(ON_UPLOAD_FINISHED_METADATA, [...others, options], handler);
  };
}

/** The options left on a method by `@OnUploadFinished()`, one entry each time it was given. */
export function getOnUploadFinished(handler: object): OnUploadFinishedOptions[] {
  return (
    (Reflect.getMetadata(ON_UPLOAD_FINISHED_METADATA, handler) as
      OnUploadFinishedOptions[] | undefined) ?? []
  );
}
