import { UploadError } from './upload.error.js';

/**
 * Bytes of an unfinished upload that its client was told of are not in the store any more, or are not
 * those that were sent: a lifecycle rule, or a person, has removed them.
 *
 * The HTTP answer is 410, upon which clients begin anew, and the log says why.
 *
 * @publicApi
 */
export class UploadLostError extends UploadError {
  override readonly name = 'UploadLostError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
    /** What is wrong with it, as a sentence without a stop. */
    readonly fault: string,
  ) {
    super(`The upload "${id}" is lost: ${fault}.`);
  }
}
