import { validateHeaderName, validateHeaderValue, type ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { isOver } from './connection.js';
import { holdBack } from './hold-back.js';

/** What Node's responses have beyond their types. */
interface Informing {
  /** On HTTP/2. */
  readonly stream?: ServerHttp2Stream;
  /** From Node 24.18 and 26.2 on. */
  writeInformation?(status: number, headers: Readonly<Record<string, string>>): void;
  /** What Node's own `writeContinue()` and `writeEarlyHints()` use: it keeps to the order of responses. */
  _writeRaw?(data: string, encoding: BufferEncoding): void;
  [INFORMED]?: true;
}

type Response = ServerResponse & Informing;

const STATUS = 104;

/** Set on responses that were announced: a property, for it costs next to nothing. */
const INFORMED = Symbol('informed');

const STATUS_LINE = `HTTP/1.1 ${STATUS} Upload Resumption Supported\r\n`;

/**
 * Sends `104 Upload Resumption Supported` ahead of the answer, where that is possible: never over
 * HTTP/1.0, nor once the answer has begun, nor where there is no connection of Node's.
 *
 * A client that is still sending is told at once. One whose request is here whole has nothing left to send, so
 * it may be told along with an answer that comes soon: a write of its own costs an eighth of the upload.
 *
 * @returns whether it was sent
 * @throws TypeError for a header that cannot be sent
 */
export function inform(res: Response, headers: Readonly<Record<string, string>>): boolean {
  if (res.req.httpVersion === '1.0' || isOver(res)) return false;
  if (res.headersSent || res.writableEnded) return false;
  for (const name in headers) {
    validateHeaderName(name);
    validateHeaderValue(name, headers[name] ?? '');
  }
  const isSent = res.stream ? overHttp2(res.stream, headers) : overHttp1(res, headers);
  if (isSent) res[INFORMED] = true;
  return isSent;
}

/** Whether something was sent ahead of an answer. */
export function wasInformed(res: Response): boolean {
  return res[INFORMED] === true;
}

function overHttp2(stream: ServerHttp2Stream, headers: Readonly<Record<string, string>>): boolean {
  if (stream.headersSent || stream.closed) return false;
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  stream.additionalHeaders({
    [constants.HTTP2_HEADER_STATUS]: STATUS,
    ...(Object.fromEntries(fields) as Record<string, string>),
  });
  return true;
}

function overHttp1(res: Response, headers: Readonly<Record<string, string>>): boolean {
  if (!res.writeInformation && !res._writeRaw) return false;
  if (res.req.complete && res.socket) holdBack(res.socket);
  if (res.writeInformation) {
    res.writeInformation(STATUS, headers);
    return true;
  }
  let head = STATUS_LINE;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  res._writeRaw?.(`${head}\r\n`, 'latin1');
  return true;
}
