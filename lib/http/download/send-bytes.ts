import fresh from 'fresh';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import parseRange from 'range-parser';
import type { ByteRange } from '../../storage/index.js';
import { isOver } from '../connection/connection.js';
import type { PlatformResponse } from '../request/http-types.js';
import {
  describe,
  etagOf,
  fitSuffix,
  refuse,
  takeOver,
  type DownloadHead,
} from './download-head.js';

/** A finished upload that is no file of this machine, as it is to be sent. */
export interface BytesDownload extends DownloadHead {
  readonly size: number;
  /** In milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Both ends included. */
  read(range?: ByteRange): Readable;
}

/**
 * Answers with bytes: all, a range, or none where the client has them (RFC 9110 §13, §14). Several ranges
 * at once are answered with the whole, as RFC 9110 §14.2 allows.
 *
 * @returns when the answer is out, or its client has gone: the error that kept the bytes from being read,
 *   if one did
 */
export async function sendBytes(
  req: IncomingMessage,
  response: PlatformResponse,
  download: BytesDownload,
): Promise<Error | undefined> {
  const res = takeOver(response);
  if (isOver(res)) return undefined;
  // Where `no-transform` is not heeded: a client resumes by the bytes as they are.
  req.headers['accept-encoding'] = 'identity';
  const { id, size, modifiedAt } = download;
  describe(res, download);
  res.setHeader('ETag', etagOf(id, size, modifiedAt));
  res.setHeader('Last-Modified', new Date(modifiedAt).toUTCString());
  res.setHeader('Accept-Ranges', 'bytes');
  if (isUnmet(req, res)) return refused(res, 412);
  if (isKnown(req, res)) {
    res.removeHeader('Content-Type');
    return void res.writeHead(304).end();
  }
  fitSuffix(req, size);
  const range = rangeOf(req, res, size);
  if (range === 'none') {
    res.setHeader('Content-Range', `bytes */${size}`);
    return refused(res, 416);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  res.setHeader('Content-Length', end - start + 1);
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  res.statusCode = range ? 206 : 200;
  if (req.method === 'HEAD' || size === 0) return void res.end();
  return pour(download.read({ start, end }), res);
}

function refused(res: ServerResponse, status: number): undefined {
  refuse(res, status);
}

/** The status goes out with the first bytes, so that what cannot be read can still be refused. */
function pour(bytes: Readable, res: ServerResponse): Promise<Error | undefined> {
  return new Promise((resolve) => {
    bytes.once('error', (error) => {
      if (!res.headersSent) refuse(res, 500);
      resolve(error);
    });
    bytes.once('readable', () => {
      pipeline(bytes, res, (error) => resolve(isOver(res) ? undefined : (error ?? undefined)));
    });
    res.once('close', () => {
      bytes.destroy();
      resolve(undefined);
    });
  });
}

/** `If-Match` and `If-Unmodified-Since` (RFC 9110 §13.1.1, §13.1.4). */
function isUnmet({ headers }: IncomingMessage, res: ServerResponse): boolean {
  const match = headers['if-match'];
  if (match !== undefined) {
    const tags = match.split(',').map((tag) => tag.trim());
    return match.trim() !== '*' && !tags.includes(String(res.getHeader('ETag')));
  }
  const since = Date.parse(headers['if-unmodified-since'] ?? '');
  return !Number.isNaN(since) && Date.parse(String(res.getHeader('Last-Modified'))) > since;
}

function isKnown({ headers }: IncomingMessage, res: ServerResponse): boolean {
  return fresh(headers, {
    etag: String(res.getHeader('ETag')),
    'last-modified': String(res.getHeader('Last-Modified')),
  });
}

/** @returns nothing for the whole, `none` for a range that there is none of (RFC 9110 §14.2) */
function rangeOf(
  { headers }: IncomingMessage,
  res: ServerResponse,
  size: number,
): Required<ByteRange> | 'none' | undefined {
  const { range } = headers;
  if (range === undefined || !/^ *bytes=/.test(range) || !isSame(headers['if-range'], res)) {
    return undefined;
  }
  const ranges = parseRange(size, range, { combine: true });
  if (ranges === -1) return 'none';
  return ranges === -2 || ranges.length > 1 ? undefined : ranges[0];
}

/** `If-Range` (RFC 9110 §13.1.5): a date counts only where nothing has changed since. */
function isSame(condition: string | string[] | undefined, res: ServerResponse): boolean {
  if (condition === undefined) return true;
  const value = String(condition);
  if (value.includes('"')) return value.trim() === res.getHeader('ETag');
  return Date.parse(String(res.getHeader('Last-Modified'))) <= Date.parse(value);
}
