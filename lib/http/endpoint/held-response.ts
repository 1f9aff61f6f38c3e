import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { MAX_BODY } from '../../hooks/index.js';
import type { StoredAnswer } from '../../registry/index.js';
import { isRefusal } from '../../uploads/index.js';
import { isOver, whenOver } from '../connection/connection.js';
import type { Answer } from '../response/answer.js';

/** Headers that belong to one response, not to the answer. */
const PASSING =
  /^(access-control-.*|connection|content-length|date|keep-alive|location|server|set-cookie|transfer-encoding|tus-.*|upload-.*|vary|x-powered-by)$/;

/** Headers that describe the body of a response. */
const ABOUT_BODY = /^(content-.*|etag|last-modified)$/;

/** Headers that tell what was achieved; that nothing follows is also said of a refusal. */
const OF_SUCCESS = /^upload-(?!complete$|incomplete$)/;

/** What an answer is sent with. */
const METHODS = ['writeHead', 'write', 'end', 'flushHeaders'] as const;

/** An answer that was made, but is not out yet. */
export interface HeldAnswer extends StoredAnswer {
  /** Whether its body is too long to be kept, or was cut off, so that it is sent this once only. */
  readonly isTruncated: boolean;
}

/** How often this module listens for the end of a response. */
const OWN_LISTENERS = 2;

type Written = [chunk: Uint8Array | string, encoding: BufferEncoding | undefined];

/**
 * Holds back what is sent to a client until it may go out.
 *
 * The app's method, an interceptor around it or an exception filter writes to the response as ever;
 * the answer is kept here, so that it can be stored before the client has
 * read the first byte of it.
 */
export class HeldResponse {
  /**
   * Resolves once the whole answer is there, or more of it than can be kept, or all that will come
   * of it; `undefined` when none will.
   */
  readonly answer: Promise<HeldAnswer | undefined>;

  private readonly written: Written[] = [];
  private readonly originals: (PropertyDescriptor | undefined)[];
  private bytes = 0;
  private isEnded = false;
  private isReleased = false;
  private isPiped = false;
  private made!: (answer?: HeldAnswer) => void;

  constructor(private readonly res: ServerResponse) {
    this.answer = new Promise((resolve) => (this.made = resolve));
    this.originals = METHODS.map((name) => Object.getOwnPropertyDescriptor(res, name));
    Object.assign(res, {
      writeHead: (status: number, ...rest: unknown[]) => this.head(status, rest.at(-1)),
      write: (...args: unknown[]) => this.take(args),
      end: (...args: unknown[]) => this.finish(args),
      flushHeaders: () => undefined,
    });
    res.once('pipe', (source: Readable) => this.watch(source));
  }

  /** Lets the answer out; what comes after goes its ordinary way. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const { res } = this;
    METHODS.forEach((name, index) => restore(res, name, this.originals[index]));
    if (this.isEnded) {
      res.end(res.req.method === 'HEAD' ? undefined : this.body());
      return;
    }
    for (const [chunk, encoding] of this.written) res.write(chunk, encoding ?? 'utf8');
    if (this.written.length > 0) res.emit('drain');
  }

  /** Sends something else in its place, unless it is too late for that. */
  replace({ status, headers, body = '' }: Answer): void {
    const { res } = this;
    if (!this.isEnded) return this.release();
    for (const name of res.getHeaderNames()) if (ABOUT_BODY.test(name)) res.removeHeader(name);
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    res.statusCode = status;
    this.written.length = 0;
    this.written.push([body, 'utf8']);
    if (res.req.method !== 'HEAD' && status !== 204) {
      res.setHeader('Content-Length', Buffer.byteLength(body));
    }
    this.release();
  }

  /** Stops waiting for an answer if its client has left: none will come. */
  abandon(): void {
    if (isOver(this.res)) this.giveUp();
  }

  /** Stops waiting for an answer when its client leaves: it may never be made. */
  abandonOnClose(): void {
    whenOver(this.res, () => this.giveUp());
  }

  /** The method may still be about to send something after its client has gone. */
  private giveUp(): void {
    setImmediate(() => this.isPiped || this.made());
  }

  /** What is piped never comes to its end when its source breaks off. */
  private watch(source: Readable): void {
    this.isPiped = true;
    const breakOff = () => setImmediate(() => this.tell());
    finished(source, (error) => error && breakOff());
    // The pipe is undone when the client leaves, but the answer is still to be kept.
    const readOn = () => this.isEnded || this.isReleased || source.pipe(this.res);
    if (isOver(this.res)) return;
    // Nest and Fastify bring nine of their own to a stream: Node would warn of a leak.
    this.res.setMaxListeners(this.res.getMaxListeners() + OWN_LISTENERS);
    this.res.once('close', readOn);
  }

  private head(status: number, headers: unknown): ServerResponse {
    this.res.statusCode = status;
    const lines = (
      typeof headers === 'object' && headers !== null ? headers : {}
    ) as OutgoingHttpHeaders;
    for (const [name, value] of Object.entries(lines)) {
      if (value !== undefined) this.res.setHeader(name, value);
    }
    return this.res;
  }

  private take(args: unknown[]): boolean {
    this.keep(args);
    if (this.bytes > MAX_BODY) this.tell();
    return this.bytes <= MAX_BODY;
  }

  private finish(args: unknown[]): ServerResponse {
    if (typeof args[0] !== 'function' && args[0] !== undefined && args[0] !== null) this.keep(args);
    else callback(args)?.();
    this.isEnded = true;
    // tus 1.0 §PATCH: success without a word is 204.
    const isSilent = this.bytes === 0 && this.res.statusCode === 200;
    if (isSilent && this.res.req.method === 'PATCH') {
      this.res.statusCode = 204;
      this.res.removeHeader('Content-Length');
    }
    if (this.res.statusCode >= 400) this.saySuccessNowhere();
    this.tell();
    return this.res;
  }

  /**
   * The headers that the method was to complete speak of success, so an error must not carry them.
   */
  private saySuccessNowhere(): void {
    const { res } = this;
    for (const name of res.getHeaderNames()) if (OF_SUCCESS.test(name)) res.removeHeader(name);
    if (isRefusal(res.statusCode)) res.removeHeader('Location');
  }

  private keep(args: unknown[]): void {
    const [chunk, encoding] = args as [Uint8Array | string, unknown];
    const given = typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined;
    this.written.push([chunk, given]);
    this.bytes += Buffer.byteLength(chunk, given);
    callback(args)?.();
  }

  private tell(): void {
    const isTruncated = this.bytes > MAX_BODY || !this.isEnded;
    const body = this.bytes === 0 || isTruncated ? undefined : this.body().toString('base64');
    this.made({
      status: this.res.statusCode,
      headers: headersOf(this.res),
      ...(body !== undefined && { body }),
      isTruncated,
    });
  }

  private body(): Buffer {
    return Buffer.concat(
      this.written.map(([chunk, encoding]) =>
        typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
      ),
    );
  }
}

/**
 * A method may be the response's own already, because others hold it too; else it is the class's.
 */
function restore(res: ServerResponse, name: string, original?: PropertyDescriptor): void {
  if (original) Object.defineProperty(res, name, original);
  else Reflect.deleteProperty(res, name);
}

function callback(args: unknown[]): (() => void) | undefined {
  const last = args.at(-1);
  return typeof last === 'function' ? () => setImmediate(last as () => void) : undefined;
}

function headersOf(res: ServerResponse): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(res.getHeaders())) {
    if (value !== undefined && !PASSING.test(name)) headers[name] = String(value);
  }
  return headers;
}
