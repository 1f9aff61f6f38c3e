import contentDisposition from 'content-disposition';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DownloadDisposition } from '../../interfaces/index.js';
import { decodeMetadata, filenameOf, inlineTypeOf, shownTypeOf } from '../../protocol/index.js';
import type { SharedHead } from '../../storage/index.js';
import type { PlatformResponse } from '../request/http-types.js';
import { answerOf } from '../response/answer.js';

/** What is told of a finished upload before its bytes. */
export interface DownloadHead {
  readonly id: string;
  /** The `Upload-Metadata` header as sent. */
  readonly metadata?: string;
  /** Whether browsers are to show or to save it; absent: as its type suggests. */
  readonly disposition?: DownloadDisposition;
}

/** Lets a page, or a picture that is one, be seen, but not run or load anything. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

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

/** A download goes past the platform, straight to the connection, but not past its headers. */
export function takeOver(response: PlatformResponse): ServerResponse {
  if (!('raw' in response)) return response;
  const reply: Reply = response;
  for (const [name, value] of Object.entries(reply.getHeaders?.() ?? {})) {
    reply.raw.setHeader(name, value);
  }
  reply.hijack?.();
  return reply.raw;
}

// Who may see the file may change. Its ranges and its ETag are those of the bytes as they are, and not
// of what compression on the way would make of them (RFC 9111 §5.2.2.6).
const CACHE_CONTROL = 'private, no-cache, no-transform';

// RFC 6266: `filename*` has it, with a plain name for old clients beside it. Stores send the bytes of
// Latin letters in other ways, or refuse them.
const BEYOND_ASCII = /[^\x20-\x7e]/g;

/** What browsers are to know of a download, and whether it is not to act in them. */
export function describedAs({ metadata, disposition }: Omit<DownloadHead, 'id'>): SharedHead & {
  readonly isSandboxed: boolean;
} {
  const decoded = decodeMetadata(metadata);
  const harmless = inlineTypeOf(decoded);
  const type = disposition === 'inline' ? shownTypeOf(decoded) : harmless;
  const name = filenameOf(decoded);
  return {
    contentType: type ?? 'application/octet-stream',
    contentDisposition: contentDisposition(name, {
      type: disposition ?? (type ? 'inline' : 'attachment'),
      fallback: name?.replace(BEYOND_ASCII, '?'),
    }),
    cacheControl: CACHE_CONTROL,
    isSandboxed: type !== harmless,
  };
}

/** Sets what browsers are to know of a download. */
export function describe(res: ServerResponse, download: DownloadHead): void {
  const head = describedAs(download);
  // Beside the app's own policy: browsers keep to both.
  if (head.isSandboxed) addHeader(res, 'Content-Security-Policy', SANDBOX);
  res.setHeader('Content-Type', head.contentType);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Cache-Control', head.cacheControl);
  res.setHeader('Content-Disposition', head.contentDisposition);
}

function addHeader(res: ServerResponse, name: string, value: string): void {
  const others = [res.getHeader(name) ?? []].flat().map(String);
  res.setHeader(name, [...others, value]);
}

/** Bytes under an id stay as they are, unless the file was moved: then it is the application's. */
export function etagOf(id: string, size: number, modifiedAt: number): string {
  return `"${id}-${size.toString(16)}-${Math.trunc(modifiedAt).toString(16)}"`;
}

/** More last bytes than there are mean all of them (RFC 9110 §14.1.2); who reads ranges for us would refuse. */
export function fitSuffix(req: IncomingMessage, size: number): void {
  const [, suffix] = /^bytes=-(\d+)$/.exec(req.headers.range ?? '') ?? [];
  if (suffix !== undefined && Number(suffix) > size) req.headers.range = 'bytes=0-';
}

/** Refuses a download in place of it, or ends one that has begun. */
export function refuse(res: ServerResponse, status: number): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of ['Content-Disposition', 'Content-Length', 'ETag']) res.removeHeader(name);
  const message = REFUSALS[status] ?? 'The download failed; try again.';
  const { headers, body } = answerOf({ status, message, headers: {} });
  res.writeHead(status, headers).end(body);
}
