import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { giveDecided, isDecided } from './decided-answer.js';
import { enter } from './early.js';
import { sayContinue } from './expect-continue.js';
import { hideBody, showBody } from './hidden-body.js';
import type { PlatformRequest } from './http-types.js';
import type { HttpPlatform, TimeLimit } from './platform.js';
import { silenceLimit } from './silence-limit.js';
import { tusRouteOf, type TusRoute } from './tus-route.js';

type Next = (error?: unknown) => void;
type Handle = (req: ExpressRequest, res: ServerResponse, next: Next) => unknown;

interface ExpressRequest extends IncomingMessage {
  readonly path: string;
  readonly app?: ExpressApp;
}

interface ExpressApp {
  readonly router: { readonly stack: readonly Layer[] };
  get(setting: 'trust proxy fn'): (address: string | undefined, hop: number) => boolean;
}

interface Layer {
  readonly route?: {
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: { handle: Handle }[];
  };
  match(path: string): boolean;
}

interface OurLayer {
  readonly layer: Layer;
  readonly route: TusRoute;
  /** How many of the app's routes come before it. */
  readonly others: number;
}

/** Express, where routes are found in the router's stack. */
export class ExpressPlatform implements HttpPlatform {
  private readonly layers: OurLayer[] = [];
  private readonly others: Layer[] = [];
  private seen = 0;

  constructor(private readonly adapter: AbstractHttpAdapter) {}

  install(): void {
    const first: Handle = (req, res, next) => this.onRequest(req, res, next);
    this.adapter.use(first);
    this.wrapCors();
  }

  trustsProxy(request: PlatformRequest): boolean {
    const { app, socket } = request as ExpressRequest;
    return app?.get('trust proxy fn')(socket.remoteAddress, 0) ?? false;
  }

  timeLimits(): readonly TimeLimit[] {
    return silenceLimit(this.adapter, "The HTTP server's timeout");
  }

  /** So that what comes after the app's CORS, loggers above all, sees the OPTIONS that we answer. */
  private wrapCors(): void {
    const { adapter } = this;
    const use = adapter.use.bind(adapter) as (...args: unknown[]) => unknown;
    adapter.use = (...args: unknown[]) => use(...args.map(passingDecided));
  }

  private onRequest(req: ExpressRequest, res: ServerResponse, next: Next): void {
    const route = this.routeOf(req);
    if (!route) {
      sayContinue(req, res);
      return next();
    }
    const entry = enter(route.answersOf(this.adapter), req, res);
    if (entry === 'has-another-method') return this.onRequest(req, res, next);
    hideBody(req);
    next();
  }

  private routeOf(req: ExpressRequest): TusRoute | undefined {
    this.findLayers();
    const ours = this.layers.find(({ layer }) => serves(layer, req));
    if (!ours) return undefined;
    const first = this.others.findIndex((layer) => serves(layer, req));
    return first === -1 || first >= ours.others ? ours.route : undefined;
  }

  /** Routes may be added as long as the app runs, though hardly ever after the first request. */
  private findLayers(): void {
    const { stack } = (this.adapter.getInstance() as ExpressApp).router;
    if (stack.length === this.seen) return;
    for (const layer of stack.slice(this.seen)) this.addLayer(layer);
    this.seen = stack.length;
  }

  private addLayer(layer: Layer): void {
    for (const entry of layer.route?.stack ?? []) {
      const route = tusRouteOf(entry.handle);
      if (!route) {
        if (isRoute(entry.handle)) this.others.push(layer);
        continue;
      }
      this.layers.push({ layer, route, others: this.others.length });
      const { handle } = entry;
      entry.handle = (req, res, next) => {
        showBody(req);
        if (isDecided(req)) return giveDecided(req);
        return handle(req, res, next);
      };
    }
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

/** Middleware that an app binds to single methods lies in the stack as routes do, but hands on. */
function isRoute(handle: Handle): boolean {
  return Reflect.hasMetadata(PATH_METADATA, handle);
}

function serves(layer: Layer, req: ExpressRequest): boolean {
  return layer.route?.methods[req.method?.toLowerCase() ?? ''] === true && layer.match(req.path);
}
