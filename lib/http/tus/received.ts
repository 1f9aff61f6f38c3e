import { UploadTooLargeError, type BodyEnd } from '../../uploads/index.js';
import type { Answer } from '../response/answer.js';
import { busy, closing } from '../response/tus.exception.js';

/**
 * What a client is told once its body has ended, whole or not.
 *
 * @param success the answer when all of it was
 * @returns `undefined` when the client has gone, or does not listen: the connection is to be
 *   closed, which tus clients take as a reason to resume (tus 1.0 §PATCH)
 * @throws UploadTooLargeError, TusException
 */
export function answerTo(end: BodyEnd, success: Answer): Answer | undefined {
  switch (end) {
    case 'ended':
      return success;
    case 'lost':
    case 'idle':
    case 'slow':
    case 'fenced':
      return undefined;
    case 'overflow':
    case 'oversize':
      throw new UploadTooLargeError('The body has more bytes than the upload has room for.');
    case 'newer-request':
      throw busy('A newer request took the upload over; HEAD tells what was kept.');
    case 'shutdown':
      throw closing('HEAD tells what was kept.');
  }
}
