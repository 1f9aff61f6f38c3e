import { Logger } from '@nestjs/common';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { LOGGER_CONTEXT } from '../../tus.constants.js';
import { holdContinue } from './expect-continue.js';
import { RequestLimit } from './request-limit.js';
import { ServerConnections } from './server-connections.js';

/**
 * The HTTP servers that bring requests to an app: its adapter's own, and those that call the app
 * without its knowledge, such as a second one for TLS, or one made by `http.createServer(instance)`.
 */
export class HttpServers {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly prepared = new WeakSet<Server>();
  /** Servers that listen, or have not closed yet. */
  private readonly open = new Set<Server>();

  /** @param onServer called once with each server, for what only the platform knows to do */
  constructor(private readonly onServer: (server: Server) => void = () => undefined) {}

  /** Makes a server ready for uploads, once. */
  prepare(server: Server): void {
    if (this.prepared.has(server)) return;
    this.prepared.add(server);
    this.watch(server);
    this.onServer(server);
    holdContinue(server);
    ServerConnections.of(server);
    const duration = RequestLimit.of(server)?.duration ?? 0;
    if (duration > 0) this.logger.verbose(requestTimeoutKept(duration));
  }

  /** Makes the server of a request ready, if this is the first that comes from it. */
  prepareFor(req: IncomingMessage, res: ServerResponse): void {
    const server = serverOf(req);
    if (!server || this.prepared.has(server)) return;
    this.prepare(server);
    // Listeners hear only of the requests that come after them.
    ServerConnections.of(server).onRequest(req, res);
    setImmediate(() => RequestLimit.of(server)?.watch(req));
  }

  /**
   * Ends connections on which no request is under way, as soon as their server has stopped to listen.
   *
   * @param until time (`performance.now()`) from which on those of requests for uploads are ended too
   */
  endConnections(until: number): void {
    for (const server of this.open) ServerConnections.of(server).endWithServer(until);
  }

  /** A server may listen again after it has closed, as those of tests do. */
  private watch(server: Server): void {
    if (server.listening) this.open.add(server);
    server.on('listening', () => this.open.add(server));
    server.on('close', () => this.open.delete(server));
  }
}

/** The server of a request; none where the app was called with a request that came over no socket. */
function serverOf({ socket }: IncomingMessage): Server | undefined {
  const { server } = (socket ?? {}) as { readonly server?: unknown };
  return server instanceof NetServer ? (server as Server) : undefined;
}

/** Whose requests a limit of the server is for. */
function requestTimeoutKept(milliseconds: number): string {
  return (
    `The server's requestTimeout of ${milliseconds} ms holds for all requests but uploads, which ` +
    `idleTimeout ends when they stall.`
  );
}
