import contentDisposition from 'content-disposition';
import { constants, type ReadStream, type Stats } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import send, { type SendOptions } from 'send';
import type { DownloadDisposition } from '../../interfaces/index.js';
import { decodeMetadata, filenameOf, inlineTypeOf, shownTypeOf } from '../../protocol/index.js';
import { isOver, whenOver } from '../connection/connection.js';
import type { PlatformResponse } from '../request/http-types.js';
import { answerOf } from '../response/answer.js';

/** A finished upload's file as it is to be sent. */
export interface Download {
  readonly id: string;
  /** Absolute path. */
  readonly path: string;
  /** Whether the application has put it there, and may have put a symbolic link. */
  readonly isMoved?: boolean;
  /** The `Upload-Metadata` header as sent. */
  readonly metadata?: string;
  /** Whether browsers are to show or to save it; absent: as its type suggests. */
  readonly disposition?: DownloadDisposition;
}

/** What lies at a path of ours and is a symbolic link, or a pipe, was put there by something else. */
const OWN_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Lets a page, or a picture that is one, be seen, but not run or load anything. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Answers with a file: whole, in a range, or not at all where the client has it (RFC 9110 §13,
 * §14). Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
 *
 * @returns when the answer is out, or its client has gone: the error that kept the file from being
 *   read, if one did
 */
export function sendDownload(
  req: IncomingMessage,
  response: PlatformResponse,
  download: Download,
): Promise<Error | undefined> {
  const res = takeOver(response);
  if (isOver(res)) return Promise.resolve(undefined);
  // Where `no-transform` is not heeded: a client resumes by the bytes of the file, as they are.
  req.headers['accept-encoding'] = 'identity';
  describe(res, download);
  return new Promise((resolve) => {
    let fault: Error | undefined;
    whenOver(res, () => resolve(fault));
    // Dots in folders above the file are the application's business.
    const stream = send(req, encodeURI(download.path), optionsFor(download));
    stream.on('file', (_path: string, stats: Stats) => {
      res.setHeader('ETag', etagOf(download.id, stats));
      fitSuffix(req, stats.size);
    });
    // `send` closes the file only when the response ends by itself.
    stream.on('stream', (file: ReadStream) => whenOver(res, () => file.destroy()));
    stream.on('directory', () => refuse(res, 404));
    stream.on('error', (error: SendError) => {
      const { status = 500 } = error;
      if (status >= 500) fault = error;
      refuse(res, status);
    });
    stream.pipe(res);
  });
}

/** `send` opens the file with these too. */
function optionsFor({ isMoved }: Download): SendOptions {
  return { dotfiles: 'allow', flags: isMoved ? constants.O_RDONLY : OWN_FILE } as SendOptions;
}

/** What `send` refuses with, such as 416 with its `Content-Range`. */
interface SendError extends Error {
  readonly status?: number;
}

/** What a client is told; the error's own words would name the path. */
const REFUSALS: Readonly<Record<number, string>> = {
  404: 'The file is not there.',
  412: 'The file is not the one that the request is meant for.',
  416: 'The file has no such range.',
};

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

function describe(res: ServerResponse, { metadata, disposition }: Download): void {
  const decoded = decodeMetadata(metadata);
  const harmless = inlineTypeOf(decoded);
  const type = disposition === 'inline' ? shownTypeOf(decoded) : harmless;
  // Beside the app's own policy: browsers keep to both.
  if (type !== harmless) addHeader(res, 'Content-Security-Policy', SANDBOX);
  res.setHeader('Content-Type', type ?? 'application/octet-stream');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  // Who may see the file may change. Its ranges and its ETag are those of the bytes as they are, and
  // not of what compression on the way would make of them (RFC 9111 §5.2.2.6).
  res.setHeader('Cache-Control', 'private, no-cache, no-transform');
  // RFC 6266: `filename*` for what is not Latin, with a plain name for old clients beside it.
  const shown = contentDisposition(filenameOf(decoded), {
    type: disposition ?? (type ? 'inline' : 'attachment'),
  });
  res.setHeader('Content-Disposition', shown);
}

function addHeader(res: ServerResponse, name: string, value: string): void {
  const others = [res.getHeader(name) ?? []].flat().map(String);
  res.setHeader(name, [...others, value]);
}

/** Bytes under an id stay as they are, unless the file was moved: then it is the application's. */
function etagOf(id: string, { size, mtimeMs }: Stats): string {
  return `"${id}-${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
}

/** More last bytes than there are mean all of them (RFC 9110 §14.1.2); `send` would refuse. */
function fitSuffix(req: IncomingMessage, size: number): void {
  const [, suffix] = /^bytes=-(\d+)$/.exec(req.headers.range ?? '') ?? [];
  if (suffix !== undefined && Number(suffix) > size) req.headers.range = 'bytes=0-';
}

function refuse(res: ServerResponse, status: number): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of ['Content-Disposition', 'Content-Length', 'ETag']) res.removeHeader(name);
  const message = REFUSALS[status] ?? 'The download failed; try again.';
  const { headers, body } = answerOf({ status, message, headers: {} });
  res.writeHead(status, headers).end(body);
}
