import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer } from './answer.js';

/** Headers that describe the answer that another would have given. */
const OF_ANSWER = /^(content-.*|etag|last-modified|location|retry-after|www-authenticate)$/;

/** What a page may read, and send, of which the app's own CORS may think otherwise. */
const OF_CORS = /^access-control-/;

type Method = (...args: unknown[]) => unknown;

const decided = new WeakMap<IncomingMessage, DecidedAnswer>();

/**
 * Decides on the answer to a request before the app's middleware runs, and gives it afterwards, so
 * that loggers see the request as any other.
 *
 * Nothing can replace the answer meanwhile: if CORS or a session middleware ends the response, it
 * ends it with our answer. The headers that are set by now belong to it.
 */
export function decide(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
  decided.set(req, new DecidedAnswer(res, answer));
}

/** Whether the answer to a request is decided on. */
export function isDecided(req: IncomingMessage): boolean {
  return decided.has(req);
}

/** Gives the answer to a request that was decided on; nothing happens with any other. */
export function giveDecided(req: IncomingMessage): void {
  decided.get(req)?.give();
}

class DecidedAnswer {
  private readonly headers: OutgoingHttpHeaders;
  private readonly end: Method;
  private isGiven = false;

  constructor(
    private readonly res: ServerResponse,
    private readonly answer: Answer,
  ) {
    this.headers = { ...res.getHeaders(), ...answer.headers };
    const writeHead = res.writeHead.bind(res) as Method;
    const write = res.write.bind(res) as Method;
    this.end = res.end.bind(res) as Method;
    // They stay in place, because others may have wrapped them by the time we answer.
    Object.assign(res, {
      writeHead: (...args: unknown[]) => (this.isGiven ? writeHead(...args) : res),
      write: (...args: unknown[]) => (this.isGiven ? write(...args) : true),
      end: (...args: unknown[]) => (this.isGiven ? this.end(...args) : this.send(args)),
      flushHeaders: () => undefined,
    });
  }

  give(): void {
    this.res.end();
  }

  /** @param args of the call that ends the response; only its callback counts */
  private send(args: readonly unknown[]): unknown {
    const { res, answer } = this;
    this.isGiven = true;
    this.setHeaders();
    res.writeHead(answer.status);
    return this.end(
      answer.body,
      args.find((arg) => typeof arg === 'function'),
    );
  }

  private setHeaders(): void {
    const { res, headers } = this;
    const isOptions = res.req.method === 'OPTIONS';
    for (const name of res.getHeaderNames()) {
      if (OF_ANSWER.test(name) || (isOptions && OF_CORS.test(name))) res.removeHeader(name);
    }
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value ?? '');
    // Express gives a reason phrase of its own to errors; HTTP/2 has none.
    if (res.req.httpVersionMajor < 2) res.statusMessage = '';
  }
}
