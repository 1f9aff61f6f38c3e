import { UploadError } from './upload.error.js';

/**
 * An upload has, or had, the id that a new one was to get. It is free again once nothing is known of
 * that upload any more. Ids that differ in case only are one.
 *
 * @publicApi
 */
export class UploadIdTakenError extends UploadError {
  override readonly name = 'UploadIdTakenError';

  constructor(
    /** The id that was wanted. */
    readonly id: string,
  ) {
    super(`The upload id "${id}" is taken.`);
  }
}
