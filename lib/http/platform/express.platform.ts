import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sayContinue } from '../connection/expect-continue.js';
import { HttpServers } from '../connection/http-servers.js';
import { hideBody } from '../request/hidden-body.js';
import type { PlatformRequest } from '../request/http-types.js';
import { isDecided } from '../response/decided-answer.js';
import { bearForExpress, type ExpressPrototypes } from './express-births.js';
import { ExpressRoutes } from './express-routes.js';
import type { HttpPlatform, RouteAhead, TimeLimit } from './http-platform.interface.js';
import { enter } from './pre-routing.js';
import { silenceLimit } from './silence-limit.js';
import type { TusRoute } from './tus-route.js';
import { WholeServer } from './whole-server.js';

type Next = (error?: unknown) => void;
type Handle = (req: ExpressRequest, res: ServerResponse, next: Next) => unknown;

interface ExpressRequest extends IncomingMessage {
  readonly path: string;
  readonly app?: ExpressApp;
}

interface ExpressApp {
  get(setting: 'trust proxy fn'): (address: string | undefined, hop: number) => boolean;
  get(setting: 'trust proxy'): unknown;
}

/** Express, where routes are found in the router's stack. */
export class ExpressPlatform implements HttpPlatform {
  readonly servers = new HttpServers((server) => {
    bearForExpress(server, this.adapter.getInstance() as ExpressPrototypes);
  });
  readonly whole = new WholeServer();

  private readonly routes: ExpressRoutes;

  constructor(private readonly adapter: AbstractHttpAdapter) {
    this.routes = new ExpressRoutes(adapter);
  }

  install(): void {
    const first: Handle = (req, res, next) => this.onRequest(req, res, next);
    this.adapter.use(first);
    this.wrapCors();
    this.routes.watch();
  }

  knows(route: TusRoute): boolean {
    return this.routes.has(route);
  }

  routesAhead(route: TusRoute): readonly RouteAhead[] {
    return this.routes.aheadOf(route);
  }

  completeRoutes(): void {
    this.routes.complete();
  }

  trustsProxy(request: PlatformRequest): boolean {
    const { app, socket } = request as ExpressRequest;
    return app?.get('trust proxy fn')(socket.remoteAddress, 0) ?? false;
  }

  timeLimits(): readonly TimeLimit[] {
    return silenceLimit(this.adapter, "The HTTP server's timeout");
  }

  trustsAnyProxy(): boolean {
    const trusted = (this.adapter.getInstance() as ExpressApp).get('trust proxy');
    return Array.isArray(trusted) ? trusted.length > 0 : Boolean(trusted);
  }

  /** So that what comes after the app's CORS, loggers above all, sees the OPTIONS that we answer. */
  private wrapCors(): void {
    const { adapter } = this;
    const use = adapter.use.bind(adapter) as (...args: unknown[]) => unknown;
    adapter.use = (...args: unknown[]) => use(...args.map(passingDecided));
  }

  private onRequest(req: ExpressRequest, res: ServerResponse, next: Next): void {
    this.servers.prepareFor(req, res);
    if (this.whole.answer(req, res)) return;
    const routeFor = (method = '') => this.routes.routeOf(method, req.path);
    const route = routeFor(req.method);
    if (!route) {
      sayContinue(req, res);
      return next();
    }
    const answers = route.answersOf(this.adapter);
    const entry = enter(answers, req, res, (method) => routeFor(method) !== undefined);
    if (entry === 'has-another-method') return this.onRequest(req, res, next);
    hideBody(req);
    next();
  }
}

/** The middleware of `cors` answers every OPTIONS; it is known by its name. */
function passingDecided(handler: unknown): unknown {
  if (typeof handler !== 'function' || handler.name !== 'corsMiddleware') return handler;
  const cors = handler as Handle;
  const corsMiddleware: Handle = (req, res, next) =>
    req.method === 'OPTIONS' && isDecided(req) ? next() : cors(req, res, next);
  return corsMiddleware;
}
