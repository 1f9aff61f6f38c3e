import { ProtocolError } from '../protocol/index.js';
import type { BodyEnd } from '../uploads/index.js';
import type { Answer } from './answer.js';
import { busy, TusException } from './tus.exception.js';

/**
 * What a client is told once its body was received as far as it was.
 *
 * @param success the answer when all of it was
 * @returns `undefined` when there is nobody left to tell, or nobody who listens: the connection is
 *   to be closed, which tus clients take as a reason to resume (tus 1.0 §PATCH)
 * @throws ProtocolError, TusException
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
      throw new ProtocolError(413, 'The body has more bytes than the upload has room for.');
    case 'newer-request':
      throw busy('A newer request took the upload over; HEAD tells what was kept.');
    case 'shutdown':
      throw new TusException(503, 'The server is shutting down; HEAD tells what was kept.', {
        'Retry-After': '1',
      });
  }
}
