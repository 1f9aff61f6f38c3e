import contentDisposition from 'content-disposition';
import type { IncomingMessage, ServerResponse } from 'node:http';
import send from 'send';
import { decodeMetadata, filenameOf, inlineTypeOf } from '../protocol/index.js';
import { answerOf } from './answer.js';
import type { PlatformResponse } from './http-types.js';

/** A finished upload's file as it is to be sent. */
export interface Download {
  readonly id: string;
  /** Absolute path. */
  readonly path: string;
  /** The `Upload-Metadata` header as sent. */
  readonly metadata?: string;
}

/**
 * Answers with a file: whole, in a range, or not at all where the client has it (RFC 9110 §13,
 * §14). Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
 *
 * Resolves when the answer is out, or its client has gone.
 */
export function sendDownload(
  req: IncomingMessage,
  response: PlatformResponse,
  download: Download,
): Promise<void> {
  const res = takeOver(response);
  describe(res, download);
  return new Promise((resolve) => {
    res.once('close', resolve);
    // Dots in folders above the file are the application's business.
    const stream = send(req, encodeURI(download.path), { dotfiles: 'allow' });
    stream.on('error', (error: SendError) => refuse(res, error));
    stream.pipe(res);
  });
}

/** What `send` refuses with, such as 416 with its `Content-Range`. */
interface SendError extends Error {
  readonly status?: number;
}

type Reply = Exclude<PlatformResponse, ServerResponse> & {
  getHeaders?(): Readonly<Record<string, string | string[]>>;
  hijack?(): void;
};

/** A file goes past the platform, straight to the connection, but not past its headers. */
function takeOver(response: PlatformResponse): ServerResponse {
  if (!('raw' in response)) return response;
  const reply: Reply = response;
  for (const [name, value] of Object.entries(reply.getHeaders?.() ?? {})) {
    reply.raw.setHeader(name, value);
  }
  reply.hijack?.();
  return reply.raw;
}

function describe(res: ServerResponse, { id, metadata }: Download): void {
  const decoded = decodeMetadata(metadata);
  const type = inlineTypeOf(decoded);
  res.setHeader('Content-Type', type ?? 'application/octet-stream');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  // The bytes under an id never change, but who may see them may.
  res.setHeader('ETag', `"${id}"`);
  res.setHeader('Cache-Control', 'private, no-cache');
  // RFC 6266: `filename*` for what is not Latin, with a plain name for old clients beside it.
  const disposition = contentDisposition(filenameOf(decoded), {
    type: type ? 'inline' : 'attachment',
  });
  res.setHeader('Content-Disposition', disposition);
}

function refuse(res: ServerResponse, error: SendError): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status = 500 } = error;
  const message = status === 416 ? 'The file has no such range.' : error.message;
  for (const name of ['Content-Disposition', 'ETag']) res.removeHeader(name);
  const { headers, body } = answerOf({ status, message, headers: {} });
  res.writeHead(status, headers).end(body);
}
