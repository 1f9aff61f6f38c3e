import type { IetfDialect } from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { LengthMismatchError, UploadTooLargeError, type BodyEnd } from '../../uploads/index.js';
import { closing } from '../response/tus.exception.js';

/**
 * Whether a client is answered once its body has ended; else its connection is closed, after which it
 * resumes (draft §Concurrency: a newer request ends the older one abruptly).
 *
 * @throws UploadTooLargeError, or LengthMismatchError for more bytes than the upload's length, or than are taken at a time;
 *   TusException for a client that cannot resume
 */
export function isAnswered(
  end: BodyEnd,
  { length }: UploadRecord,
  { intent }: IetfDialect,
): boolean {
  if (end === 'shutdown' && intent === 'plain') throw closing('try again.');
  if (end === 'oversize')
    throw new UploadTooLargeError('The body has more bytes than are taken at a time.');
  if (end !== 'overflow') return end === 'ended';
  if (length === undefined) {
    throw new UploadTooLargeError('The body has more bytes than an upload may have.');
  }
  throw new LengthMismatchError(`The body goes past the ${length} bytes of the upload.`);
}
