import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { enter } from './early.js';
import { sayContinue } from './expect-continue.js';
import type { PlatformRequest } from './http-types.js';
import type { HttpPlatform } from './platform.js';
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
}

/** Where a content type waits while parsers look at the request. */
const hidden = new WeakMap<IncomingMessage, string>();

/** Express, where routes are found in the router's stack. */
export class ExpressPlatform implements HttpPlatform {
  private layers: OurLayer[] = [];
  private seen = 0;

  constructor(private readonly adapter: AbstractHttpAdapter) {}

  install(): void {
    const first: Handle = (req, res, next) => this.onRequest(req, res, next);
    this.adapter.use(first);
  }

  trustsProxy(request: PlatformRequest): boolean {
    const { app, socket } = request as ExpressRequest;
    return app?.get('trust proxy fn')(socket.remoteAddress, 0) ?? false;
  }

  private onRequest(req: ExpressRequest, res: ServerResponse, next: Next): void {
    const route = this.routeOf(req);
    if (!route) {
      sayContinue(req, res);
      return next();
    }
    const entry = enter(route, req, res);
    if (entry === 'has-another-method') return this.onRequest(req, res, next);
    if (entry === 'answered') return;
    hideContentType(req);
    next();
  }

  private routeOf(req: ExpressRequest): TusRoute | undefined {
    this.findLayers();
    const method = req.method?.toLowerCase() ?? '';
    return this.layers.find(
      ({ layer }) => layer.route?.methods[method] === true && layer.match(req.path),
    )?.route;
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
      if (!route) continue;
      this.layers.push({ layer, route });
      const { handle } = entry;
      entry.handle = (req, res, next) => {
        restoreContentType(req);
        return handle(req, res, next);
      };
    }
  }
}

/** Without a content type no parser, whatever types it was told to take, reads a body. */
function hideContentType(req: IncomingMessage): void {
  const type = req.headers['content-type'];
  if (type === undefined) return;
  hidden.set(req, type);
  delete req.headers['content-type'];
}

/** Guards and everything after them see the request as it was sent. */
function restoreContentType(req: IncomingMessage): void {
  const type = hidden.get(req);
  if (type !== undefined) req.headers['content-type'] = type;
}
