import type { IncomingMessage, Server } from 'node:http';
import { processWide } from '../../process-wide.js';
import { hasBody } from '../request/has-body.js';

/**
 * Milliseconds; a longer timer fires at once. A server's own limit has this value while we apply
 * the app's: any other value, 0 too, is then one that the app has set since.
 */
const LONGEST = 2 ** 31 - 1;

const limits = new WeakMap<Server, RequestLimit>();
const exempt = processWide('exempt', () => new WeakSet<IncomingMessage>());
const timers = processWide('timers', () => new WeakMap<IncomingMessage, NodeJS.Timeout>());

/**
 * The time a server gives each request to arrive (`server.requestTimeout`), uploads excepted.
 *
 * Node has one limit for all requests of a server, and would cut off a large upload. So Node's
 * limit is lifted, and what the app has set, or sets later, is applied here to all other requests.
 */
export class RequestLimit {
  private milliseconds = 0;

  private constructor(private readonly server: Server) {
    this.takeOver();
    // After the app's own listener: by then it is known whose a request is.
    server.on('request', (req: IncomingMessage) => this.watch(req));
  }

  /** Takes over the limit of a server; `undefined` where the server speaks HTTP/2 only. */
  static of(server: Server): RequestLimit | undefined {
    if (typeof server.requestTimeout !== 'number') return undefined;
    const limit = limits.get(server) ?? new RequestLimit(server);
    limits.set(server, limit);
    return limit;
  }

  /** Milliseconds; 0 for no limit. */
  get duration(): number {
    return this.milliseconds;
  }

  /** Ends a request that is not whole in time, unless it is exempt by now or becomes so. */
  watch(req: IncomingMessage): void {
    this.takeOver();
    if (this.milliseconds === 0 || exempt.has(req) || timers.has(req)) return;
    if (req.httpVersionMajor >= 2 || req.complete || !hasBody(req)) return;
    const timer = setTimeout(() => endUnlessWhole(req), this.milliseconds).unref();
    timers.set(req, timer);
    req.once('close', () => clearTimeout(timer));
  }

  private takeOver(): void {
    const { requestTimeout, headersTimeout } = this.server;
    if (requestTimeout === LONGEST) return;
    this.milliseconds = requestTimeout > 0 ? Math.min(requestTimeout, LONGEST) : 0;
    if (this.milliseconds === 0) return;
    this.server.requestTimeout = LONGEST;
    // Node's limit bounded heads too, and it is not known of a head whether an upload follows.
    const isShorter = headersTimeout === 0 || requestTimeout < headersTimeout;
    if (isShorter) this.server.headersTimeout = this.milliseconds;
  }
}

/** Lets a request take the time it needs. */
export function exemptFromLimit(req: IncomingMessage): void {
  if (exempt.has(req) || !hasBody(req)) return;
  exempt.add(req);
  clearTimeout(timers.get(req));
}

/**
 * Node's own listener takes it from here, as after its own limit: it asks the app's `clientError`,
 * or answers 408 where no answer has begun, and closes the connection.
 */
function endUnlessWhole({ complete, socket }: IncomingMessage): void {
  if (complete) return;
  const code = 'ERR_HTTP_REQUEST_TIMEOUT';
  socket.emit('error', Object.assign(new Error('Request timeout'), { code }));
}
