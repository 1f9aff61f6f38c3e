import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { HttpTarget } from './http-client.js';

/** The end of a chunked body. */
export const LAST_CHUNK = '0\r\n\r\n';

/** The status and headers of an answer, which is all that a 1xx answer has. */
export interface RawHead {
  readonly status: number;
  readonly reason: string;
  /** Every header line in order, the name as sent. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Every value of a header, in order; the name in any case. */
  all(name: string): string[];
  /** First value of a header. */
  header(name: string): string | undefined;
}

/** One answer as it came over the wire. */
export interface RawResponse extends RawHead {
  readonly body: Buffer;
  /** The 1xx answers that came before this one, as far as `interim()` has not read them. */
  readonly interim: readonly RawHead[];
}

export interface ReadOptions {
  /** The answer is one to HEAD: it has no body whatever its headers say. */
  readonly toHead?: boolean;
}

/**
 * The head of a request, `Host` added, as bytes for `write`.
 *
 * @param lines further header lines, sent exactly as they stand.
 */
export function rawHead(method: string, path: string, lines: readonly string[] = []): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n');
}

/** One chunk of a chunked body. */
export function chunk(data: string): string {
  return `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;
}

/**
 * A connection on which a test decides about every byte.
 *
 * What it is told to write it writes, valid or not; answers are read one after another, so several
 * requests can share the connection.
 */
export class RawConnection {
  /** Resolves once the connection is gone, whichever way it ended. */
  readonly closed: Promise<void>;

  private received: Buffer = Buffer.alloc(0);
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => {
      this.received = Buffer.concat([this.received, data]);
      socket.emit('progress');
    });
    // A reset connection is a fact a test looks at by `closed`, not a failure of the test itself.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.ended = true;
        socket.emit('progress');
        resolve();
      });
    });
  }

  /** Connects; resolves once the connection stands. */
  static async open(target: HttpTarget): Promise<RawConnection> {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Speaks over a connection that is being opened, such as one with TLS. */
  static over(socket: Socket): RawConnection {
    return new RawConnection(socket);
  }

  /** Sends bytes; text is sent as UTF-8. Resolves once they are handed to the system. */
  async write(data: string | Uint8Array): Promise<void> {
    if (!this.socket.writable) {
      return;
    }
    await new Promise<void>((resolve) => this.socket.write(data, () => resolve()));
  }

  /** Says that nothing more will be sent, and goes on reading. */
  end(): void {
    this.socket.end();
  }

  /** Drops the connection, as a client does that is killed. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Reads the next 1xx answer; fails when a final answer comes, or the connection closes. */
  async interim(): Promise<RawHead> {
    const head = await this.next(() => parseHead(this.received));
    if (!head || head.status >= 200) {
      throw new Error(`No interim answer, received: ${this.received.toString('latin1')}`);
    }
    return head;
  }

  /** Reads the next answer; fails when the connection closes without one. */
  async response(options: ReadOptions = {}): Promise<RawResponse> {
    const response = await this.responseOrClose(options);
    if (!response) {
      throw new Error(`Closed without an answer, received: ${this.received.toString('latin1')}`);
    }
    return response;
  }

  /** Reads the next answer; `undefined` when the connection closes without one. */
  async responseOrClose(options: ReadOptions = {}): Promise<RawResponse | undefined> {
    return this.next(() => parseResponse(this.received, this.ended, options));
  }

  /** Waits for what can be parsed of what came; `undefined` when the connection closes before. */
  private async next<T>(parse: () => Parsed<T> | undefined): Promise<T | undefined> {
    for (;;) {
      const parsed = parse();
      if (parsed) {
        this.received = parsed.rest;
        return parsed.response;
      }
      if (this.ended) {
        return undefined;
      }
      // A connection that was reset is closed, too.
      await once(this.socket, 'progress').catch(() => undefined);
    }
  }
}

interface Parsed<T> {
  readonly response: T;
  readonly rest: Buffer;
}

function parseResponse(
  bytes: Buffer,
  ended: boolean,
  options: ReadOptions,
): Parsed<RawResponse> | undefined {
  const interim: RawHead[] = [];
  let head = parseHead(bytes);
  while (head && head.response.status < 200) {
    interim.push(head.response);
    head = parseHead(head.rest);
  }
  const body = head && parseBody(head.response, head.rest, ended, options);
  return head && body
    ? { response: { ...head.response, body: body.response, interim }, rest: body.rest }
    : undefined;
}

function parseHead(bytes: Buffer): Parsed<RawHead> | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) {
    return undefined;
  }
  const [statusLine = '', ...headerLines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  if (status === undefined) {
    throw new Error(`Not an HTTP answer: ${statusLine}`);
  }
  const lines = headerLines.map((line) => splitLine(line));
  const all = (name: string): string[] =>
    lines.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  const header = (name: string): string | undefined => all(name)[0];
  return {
    response: { status: Number(status), reason, lines, all, header },
    rest: bytes.subarray(end + 4),
  };
}

function splitLine(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function parseBody(
  head: RawHead,
  bytes: Buffer,
  ended: boolean,
  { toHead = false }: ReadOptions,
): Parsed<Buffer> | undefined {
  if (toHead || head.status === 204 || head.status === 304) {
    return { response: Buffer.alloc(0), rest: bytes };
  }
  if (head.header('transfer-encoding') === 'chunked') {
    return parseChunks(bytes);
  }
  const length = head.header('content-length');
  if (length === undefined) {
    return ended ? { response: bytes, rest: Buffer.alloc(0) } : undefined;
  }
  return takeBytes(bytes, Number(length));
}

function takeBytes(bytes: Buffer, length: number): Parsed<Buffer> | undefined {
  return bytes.length < length
    ? undefined
    : { response: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function parseChunks(bytes: Buffer): Parsed<Buffer> | undefined {
  const parts: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position);
    const size = lineEnd < 0 ? NaN : parseInt(bytes.toString('latin1', position, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || bytes.length < next) {
      return undefined;
    }
    if (size === 0) {
      return { response: Buffer.concat(parts), rest: bytes.subarray(next) };
    }
    parts.push(bytes.subarray(lineEnd + 2, next - 2));
    position = next;
  }
}
