import { UploadError } from './upload.error.js';

/**
 * Thrown where this process had an upload and has lost it: it did not answer for a while, and
 * another process on the folder has taken the upload over. What this process had begun no longer
 * counts, and changes nothing.
 *
 * The connection of such a request is closed without an answer, which clients take as a reason to
 * resume.
 */
export class UploadFencedError extends UploadError {
  override readonly name = 'UploadFencedError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
  ) {
    super(`The upload "${id}" was taken over by another process, for this one did not answer.`);
  }
}
