import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { UploadBody } from '../../uploads/index.js';
import type { Exchange } from '../request/exchange.js';
import { hasBody } from '../request/has-body.js';
import { giveBack, ownsChunks } from './chunk-memory.js';
import { whenOver } from './connection.js';
import { sayContinue } from './expect-continue.js';
import { exemptFromLimit } from './request-limit.js';

/** Something else has read of a body, whose bytes would be lost silently. */
export class BodyReadError extends Error {
  override readonly name = 'BodyReadError';

  constructor() {
    super(
      'The body of this request was read before it reached the upload module: a body parser or ' +
        'middleware took it. Exclude the upload path there.',
    );
  }
}

/**
 * The body of a request: still in its stream, or where a parser of the app's own has put it.
 *
 * @throws BodyReadError when something else has read of it; opening it throws so too, for that may
 *   happen until then
 */
export function bodyOf({ request, req, res }: Exchange): UploadBody {
  const present = hasBody(req);
  const { 'content-length': length } = req.headers;
  const parsed = present ? parsedBody(request, length) : undefined;
  if (present && !parsed) assertUnread(req);
  // Not all come by a route of ours: some are handed over.
  exemptFromLimit(req);
  const open = () => {
    if (parsed) return Readable.from(parsed);
    assertUnread(req);
    sayContinue(req, res);
    return req;
  };
  const onLost = (listener: () => void) => whenOver(res, listener);
  const release = (chunks: readonly Uint8Array[]) => giveBack(req, chunks);
  const bytes = length === undefined ? undefined : Number(length);
  return {
    present,
    length: bytes,
    get isHere() {
      return req.complete;
    },
    open,
    onLost,
    ...(!parsed && ownsChunks(req) && { release }),
  };
}

/** All bytes of a body, if the app had them read into memory; our own routes have nothing parsed. */
function parsedBody(request: object, length: string | undefined): Buffer | undefined {
  const { body } = request as { body?: unknown };
  if (!Buffer.isBuffer(body)) return undefined;
  return length === undefined || Number(length) === body.length ? body : undefined;
}

/** A listener that is there, but has received nothing yet, has taken no byte. */
function assertUnread(req: IncomingMessage): void {
  if (req.readableDidRead || req.readableEnded) throw new BodyReadError();
}
