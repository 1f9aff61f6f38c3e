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
 * @throws TusException 500 when something else has read of it, whose bytes would be lost silently;
 *   opening it throws so too, for that may happen until then
 */
export function bodyOf(req: IncomingMessage, res: ServerResponse): UploadBody {
  const present = hasBody(req);
  if (present) assertUnread(req);
  const length = req.headers['content-length'];
  const open = () => {
    assertUnread(req);
    sayContinue(req, res);
    return req;
  };
  const trailers = () => trailerLines(req);
  return { present, open, trailers, length: length === undefined ? undefined : Number(length) };
}

/** A listener that has been there for long, but got nothing yet, takes no byte from anyone. */
function assertUnread(req: IncomingMessage): void {
  if (req.readableDidRead || req.readableEnded) throw new TusException(500, ALREADY_READ);
}
