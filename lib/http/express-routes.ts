import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { showBody } from './hidden-body.js';
import { tusRouteOf, type TusRoute } from './tus-route.js';

/** The adapter's methods that Nest maps routes with. */
const VERBS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'all'] as const;

type Handle = (req: IncomingMessage, res: ServerResponse, next: () => void) => unknown;

type MapRoute = (...args: unknown[]) => unknown;

/** A route in the stack of Express's router. */
interface Layer {
  readonly route: {
    readonly path: string;
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: { handle: Handle }[];
  };
  match(path: string): unknown;
}

interface ExpressApp {
  readonly router?: { readonly stack?: readonly Layer[] };
}

interface OurRoute {
  readonly layer: Layer;
  readonly route: TusRoute;
  /** Routes of the app that come before it, and may take requests from it. */
  readonly ahead: readonly Layer[];
}

/**
 * Knows our routes in Express from all others.
 *
 * They are noted as Nest maps them: what an agent makes of a handler on its way into Express, or
 * in its stack, keeps none of the metadata that marks ours.
 */
export class ExpressRoutes {
  private readonly ours: OurRoute[] = [];
  private readonly others: Layer[] = [];

  constructor(private readonly adapter: AbstractHttpAdapter) {}

  /** To be called before there are routes. */
  watch(): void {
    const methods = this.adapter as unknown as Record<(typeof VERBS)[number], MapRoute>;
    for (const verb of VERBS) {
      const map = methods[verb].bind(this.adapter);
      methods[verb] = (...args) => {
        const known = this.stack.length;
        const result = map(...args);
        for (const layer of this.stack.slice(known)) this.note(layer, args.at(-1));
        return result;
      };
    }
  }

  /** Ours, if a request is for it and no other route comes first. */
  routeOf(method: string, path: string): TusRoute | undefined {
    const verb = method.toLowerCase();
    const ours = this.ours.find(({ layer }) => serves(layer, verb, path));
    if (!ours || ours.ahead.some((layer) => serves(layer, verb, path))) return undefined;
    return ours.route;
  }

  /** Whether any of an instance's or an endpoint's routes was mapped. */
  has(route: TusRoute): boolean {
    return this.ours.some((each) => each.route === route);
  }

  private get stack(): readonly Layer[] {
    return (this.adapter.getInstance() as ExpressApp).router?.stack ?? [];
  }

  private note(layer: Layer, handler: unknown): void {
    if (typeof handler !== 'function') return;
    const route = tusRouteOf(handler);
    if (route) this.addOurs(layer, route);
    else if (Reflect.hasMetadata(PATH_METADATA, handler)) this.others.push(layer);
  }

  private addOurs(layer: Layer, route: TusRoute): void {
    this.ours.push({ layer, route, ahead: this.others.filter((other) => mayMeet(other, layer)) });
    for (const entry of layer.route.stack) {
      const { handle } = entry;
      entry.handle = (req, res, next) => {
        showBody(req);
        return handle(req, res, next);
      };
    }
  }
}

/** Express gives HEAD to a route for GET, if it has none for it. */
function serves(layer: Layer, verb: string, path: string): boolean {
  const { methods } = layer.route;
  const isFor = methods[verb] ?? methods._all ?? (verb === 'head' && methods.get);
  return isFor === true && Boolean(layer.match(path));
}

/** Whether a path may be that of both: what comes before a parameter is the same as far as it goes. */
function mayMeet(a: Layer, b: Layer): boolean {
  const [one, other] = [literalStart(a), literalStart(b)];
  return one.startsWith(other) || other.startsWith(one);
}

function literalStart({ route: { path } }: Layer): string {
  const [start = ''] = /^[^:*{\\]*/.exec(path) ?? [];
  return start.toLowerCase();
}
