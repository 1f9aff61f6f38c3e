import { VERSION_NEUTRAL } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { showBody } from '../request/hidden-body.js';
import { giveDecided, isDecided } from '../response/decided-answer.js';
import { mayMeet, samplePath, serves, titleOf, type ExpressLayer } from './express-layer.js';
import type { RouteAhead } from './http-platform.interface.js';
import { isUploadPath, tusRouteOf, type TusRoute } from './tus-route.js';

/** The adapter's methods that Nest maps routes with. */
const VERBS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'all'] as const;

/** What every tus client sends to an upload's URL; creations go to the path above. */
const VERBS_OF_UPLOAD = ['head', 'patch'];

type AdapterMethod = (...args: unknown[]) => unknown;

type Adapter = Record<(typeof VERBS)[number] | 'applyVersionFilter', AdapterMethod>;

interface ExpressApp {
  readonly router?: { readonly stack?: readonly ExpressLayer[] };
}

interface OtherRoute {
  readonly layer: ExpressLayer;
  /** Whether it hands on what is not of its version. */
  readonly isVersioned: boolean;
}

interface OurRoute {
  readonly layer: ExpressLayer;
  /** As Nest has mapped it. */
  readonly handler: object;
  readonly route: TusRoute;
  /** Routes that come before it, and may take requests from it. */
  readonly ahead: readonly OtherRoute[];
}

/**
 * Knows our routes in Express from all others.
 *
 * They are noted as Nest maps them: what an agent makes of a handler on its way into Express, or
 * in its stack, keeps none of the metadata that marks ours.
 */
export class ExpressRoutes {
  private readonly ours: OurRoute[] = [];
  private readonly others: OtherRoute[] = [];
  private readonly versioned = new WeakSet<object>();

  constructor(private readonly adapter: AbstractHttpAdapter) {}

  /** To be called before there are routes. */
  watch(): void {
    const adapter = this.adapter as unknown as Adapter;
    for (const verb of VERBS) {
      const map = adapter[verb].bind(adapter);
      adapter[verb] = (...args) => {
        const known = this.stack.length;
        const result = map(...args);
        for (const layer of this.stack.slice(known)) this.note(layer, args.at(-1));
        return result;
      };
    }
    const filter = adapter.applyVersionFilter.bind(adapter);
    adapter.applyVersionFilter = (handler, version, options) => {
      const filtered = filter(handler, version, options) as object;
      if (![version].flat().includes(VERSION_NEUTRAL)) this.versioned.add(filtered);
      return filtered;
    };
  }

  /** Ours, if a request is for it and no other route comes first. */
  routeOf(method: string, path: string): TusRoute | undefined {
    const verb = method.toLowerCase();
    const ours = this.ours.find(({ layer }) => serves(layer, verb, path));
    if (!ours || ours.ahead.some(({ layer }) => serves(layer, verb, path))) return undefined;
    return ours.route;
  }

  /** Whether any of an instance's or an endpoint's routes was mapped. */
  has(route: TusRoute): boolean {
    return this.ours.some((each) => each.route === route);
  }

  /** Routes that get what clients send to uploads of an instance or an endpoint. */
  aheadOf(route: TusRoute): RouteAhead[] {
    const takes = new Map<ExpressLayer, string[]>();
    for (const { layer, ahead } of this.ours.filter((each) => each.route === route)) {
      for (const verb of sentTo(layer)) {
        const first = ahead.find((other) => takesFrom(layer, other, verb));
        if (!first) continue;
        const taken = `${verb.toUpperCase()} ${layer.route.path}`;
        takes.set(first.layer, [...(takes.get(first.layer) ?? []), taken]);
      }
    }
    return [...takes].map(([layer, taken]) => ({ route: titleOf(layer), takes: taken }));
  }

  /** Has what tells of uploads by HEAD tell of them by GET, behind all routes that the app has for it. */
  complete(): void {
    const adapter = this.adapter as unknown as Adapter;
    for (const { layer, handler } of this.ours.filter((each) => this.lacksGet(each))) {
      adapter.get(layer.route.path, handler);
    }
  }

  private lacksGet({ layer, handler, route }: OurRoute): boolean {
    const { path, methods } = layer.route;
    const isTelling = methods.head === true && isUploadPath(path);
    if (!isTelling || !route.answersOf(this.adapter).tellsByGet) return false;
    return !this.ours.some((each) => each.handler === handler && each.layer.route.methods.get);
  }

  private get stack(): readonly ExpressLayer[] {
    return (this.adapter.getInstance() as ExpressApp).router?.stack ?? [];
  }

  private note(layer: ExpressLayer, handler: unknown): void {
    if (typeof handler !== 'function') return;
    const route = tusRouteOf(handler);
    if (route) return this.addOurs(layer, handler, route);
    if (!Reflect.hasMetadata(PATH_METADATA, handler)) return;
    this.others.push({ layer, isVersioned: this.versioned.has(handler) });
  }

  private addOurs(layer: ExpressLayer, handler: object, route: TusRoute): void {
    const ahead = this.others.filter((other) => mayMeet(other.layer, layer));
    this.ours.push({ layer, handler, route, ahead });
    for (const entry of layer.route.stack) {
      const { handle } = entry;
      entry.handle = (req, res, next) => {
        showBody(req);
        if (isDecided(req)) return giveDecided(req);
        return handle(req, res, next);
      };
    }
  }
}

/** Which of what a route of ours serves uploads depend on. */
function sentTo({ route: { methods, path } }: ExpressLayer): string[] {
  const verbs = isUploadPath(path) ? VERBS_OF_UPLOAD : ['post'];
  return verbs.filter((verb) => methods[verb]);
}

function takesFrom(ours: ExpressLayer, { layer, isVersioned }: OtherRoute, verb: string): boolean {
  return !isVersioned && serves(layer, verb, samplePath(ours));
}
