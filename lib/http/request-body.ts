import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UploadBody } from '../uploads/index.js';
import { trailerLines } from './header-lines.js';
import { hasBody } from './answer-head.js';
import { sayContinue } from './expect-continue.js';
import { TusException } from './tus.exception.js';

const ALREADY_READ =
  'The body of this request was read before it reached the upload module: a body parser or ' +
  'middleware took it. Exclude the upload path there.';

/**
 * The body of a request, still in its stream.
 *
 * @throws TusException 500 when something else has read it, whose bytes would be lost silently
 */
export function bodyOf(req: IncomingMessage, res: ServerResponse): UploadBody {
  const present = hasBody(req);
  if (present && (req.readableDidRead || req.readableEnded)) {
    throw new TusException(500, ALREADY_READ);
  }
  const length = req.headers['content-length'];
  const open = () => {
    sayContinue(req, res);
    return req;
  };
  const trailers = () => trailerLines(req);
  return { present, open, trailers, length: length === undefined ? undefined : Number(length) };
}
