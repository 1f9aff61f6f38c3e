import type { BeforeUploadCreateOptions, BeforeUploadFinishOptions } from '../interfaces/index.js';
import { markHandler } from '../handlers/index.js';

/**
 * Marks a method that is asked before an upload is created.
 *
 * It is given an `UploadDraft`, refuses by throwing an `HttpException`, and may return
 * `UploadChanges`. Several methods are asked one after the other, each with what those before it
 * changed. A refused upload leaves nothing behind.
 *
 * @publicApi
 */
export function BeforeUploadCreate(options: BeforeUploadCreateOptions = {}): MethodDecorator {
  return markHandler('before-create', options);
}

/**
 * Marks a method that is asked when all bytes of an upload are there and safe, before its client
 * hears of success.
 *
 * It is given a `CompleteUpload`, refuses by throwing an `HttpException` below 500, and may return
 * a `FinishAnswer`. A refused upload is removed, or quarantined where the decorator says so, and
 * its client gets the status. Anything else that is thrown is a fault: the upload stays, the client
 * is told to try again, and the method is asked again when it does. An upload that came whole with
 * its creation is removed instead, because its client has no URL to come back to. While the method
 * runs, other requests are answered 423 with `Retry-After`.
 *
 * @publicApi
 */
export function BeforeUploadFinish(options: BeforeUploadFinishOptions = {}): MethodDecorator {
  return markHandler('before-finish', options);
}
