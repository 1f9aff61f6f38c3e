import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { StoredAnswer } from '../../registry/index.js';
import { isRefusal } from '../../uploads/index.js';

/** Most bytes of a body that are kept. */
const MAX_BODY = 64 * 1024;

/** Headers that belong to one response, not to the answer. */
const PASSING =
  /^(access-control-.*|connection|content-length|date|etag|keep-alive|location|server|set-cookie|transfer-encoding|tus-.*|upload-.*|vary|x-powered-by)$/;

/** What an answer is sent with. */
const METHODS = ['writeHead', 'write', 'end', 'flushHeaders'] as const;

/** An answer that was made, but is not out yet. */
export interface HeldAnswer extends StoredAnswer {
  /** Whether its body is too long to be kept, so that it is sent this once only. */
  readonly isTruncated: boolean;
}

type Written = [chunk: Uint8Array | string, encoding: BufferEncoding | undefined];

/**
 * Holds back what is sent to a client until it may go out.
 *
 * Whoever makes the answer, the app's method, an interceptor around it or an exception filter,
 * writes to the response as ever; it is kept here, so that it can be stored before the client has
 * read the first byte of it.
 */
export class HeldResponse {
  /** Resolves once the whole answer, or more of it than can be kept, is there. */
  readonly answer: Promise<HeldAnswer>;

  private readonly written: Written[] = [];
  private readonly originals: (PropertyDescriptor | undefined)[];
  private readonly method?: string;
  private bytes = 0;
  private isEnded = false;
  private isReleased = false;
  private made!: (answer: HeldAnswer) => void;

  constructor(private readonly res: ServerResponse) {
    this.method = res.req.method;
    // Platforms leave the body of an answer to HEAD away, but it is to be kept; Node does not send it.
    if (this.method === 'HEAD') res.req.method = 'POST';
    this.answer = new Promise((resolve) => (this.made = resolve));
    this.originals = METHODS.map((name) => Object.getOwnPropertyDescriptor(res, name));
    Object.assign(res, {
      writeHead: (status: number, ...rest: unknown[]) => this.head(status, rest.at(-1)),
      write: (...args: unknown[]) => this.take(args),
      end: (...args: unknown[]) => this.finish(args),
      flushHeaders: () => undefined,
    });
  }

  /** Lets the answer out; what comes after goes its ordinary way. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const { res } = this;
    res.req.method = this.method;
    METHODS.forEach((name, index) => restore(res, name, this.originals[index]));
    if (this.isEnded) {
      res.end(this.body());
      return;
    }
    for (const [chunk, encoding] of this.written) res.write(chunk, encoding ?? 'utf8');
    if (this.written.length > 0) res.emit('drain');
  }

  /** Sends something else in its place, unless it is too late for that. */
  replace(status: number, text: string): void {
    if (!this.isEnded) return this.release();
    this.written.length = 0;
    for (const name of this.res.getHeaderNames()) {
      if (name.startsWith('content-')) this.res.removeHeader(name);
    }
    this.res.statusCode = status;
    this.res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    this.written.push([text, 'utf8']);
    this.release();
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
    if (isSilent && this.method === 'PATCH') this.res.statusCode = 204;
    if (this.res.statusCode >= 400) this.saySuccessNowhere();
    this.tell(isSilent ? 204 : this.res.statusCode);
    return this.res;
  }

  /** What the method was to complete is an answer that speaks of success. */
  private saySuccessNowhere(): void {
    const { res } = this;
    for (const name of res.getHeaderNames()) if (name.startsWith('upload-')) res.removeHeader(name);
    if (isRefusal(res.statusCode)) res.removeHeader('Location');
  }

  private keep(args: unknown[]): void {
    const [chunk, encoding] = args as [Uint8Array | string, unknown];
    const given = typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined;
    this.written.push([chunk, given]);
    this.bytes += Buffer.byteLength(chunk, given);
    callback(args)?.();
  }

  private tell(status = this.res.statusCode): void {
    const isTruncated = this.bytes > MAX_BODY;
    const body = this.bytes === 0 || isTruncated ? undefined : this.body().toString('base64');
    this.made({
      status,
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

/** Some are the response's own already, because others hold them too; the rest are its class's. */
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
