import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import onHeaders from 'on-headers';
import { isOffsetOctetStream, isPartialUpload } from '../../protocol/index.js';
import { sayContinue } from '../connection/expect-continue.js';
import { HttpServers } from '../connection/http-servers.js';
import { hideBody, hidesBody, showBody } from '../request/hidden-body.js';
import { rawRequest, type PlatformRequest } from '../request/http-types.js';
import { isForwarded } from '../request/request-origin.js';
import { giveDecided, isDecided } from '../response/decided-answer.js';
import { hasParserFor, type FastifyContext } from './fastify-parsers.js';
import type { HttpPlatform, RouteAhead, TimeLimit } from './http-platform.interface.js';
import { enter } from './pre-routing.js';
import { silenceLimit } from './silence-limit.js';
import { isUploadPath, tusRouteIn, type TusRoute } from './tus-route.js';
import { WholeServer } from './whole-server.js';

type Done = () => void;

interface FastifyRequest {
  readonly raw: IncomingMessage;
  /** The context of its route. */
  readonly server: FastifyContext;
  readonly routeOptions: { readonly config?: unknown };
  readonly ips?: readonly string[];
}

interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
}

interface RouteOptions {
  readonly method: string | string[];
  readonly url: string;
  readonly config?: unknown;
  /**
   * What a request must have beside method and path; Nest puts versions here, except those in
   * paths.
   */
  readonly constraints?: Readonly<Record<string, unknown>>;
}

interface RouterOptions {
  readonly ignoreTrailingSlash?: boolean;
}

type RequestHook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void;

interface FastifyApp {
  readonly initialConfig: RouterOptions & {
    readonly handlerTimeout?: number;
    readonly routerOptions?: RouterOptions;
  };
  addHook(name: 'onRequest' | 'preValidation', hook: RequestHook): void;
  addHook(name: 'onRoute', hook: (options: RouteOptions) => void): void;
  hasRequestDecorator(name: string): boolean;
  hasRoute(options: RouteOptions & { readonly method: string }): boolean;
  route(options: RouteOptions): void;
  routing(req: IncomingMessage, res: ServerResponse): void;
}

/** An adapter with its slot for a hook that goes before the app's own CORS. */
type FirstHookAdapter = AbstractHttpAdapter & { readonly onRequestHook?: RequestHook };

/** Fastify, where routes carry our mark in their config. */
export class FastifyPlatform implements HttpPlatform {
  readonly servers = new HttpServers();
  readonly whole = new WholeServer();

  private readonly app: FastifyApp;
  private readonly ours: RouteOptions[] = [];
  /** Of requests that came through a proxy. */
  private readonly wrappers = new WeakMap<IncomingMessage, FastifyRequest>();

  constructor(private readonly adapter: FirstHookAdapter) {
    this.app = adapter.getInstance() as FastifyApp;
  }

  install(): void {
    const { app } = this;
    this.goFirst();
    app.addHook('onRoute', (options) => {
      if (tusRouteIn(options.config)) this.ours.push({ ...options });
    });
    app.addHook('onRequest', (request, reply, done) => this.enter(request, reply, done));
    app.addHook('preValidation', (request, reply, done) => {
      showBody(request.raw);
      if (!isDecided(request.raw)) return done();
      reply.hijack();
      giveDecided(request.raw);
    });
  }

  knows(route: TusRoute): boolean {
    return this.ours.some(({ config }) => tusRouteIn(config) === route);
  }

  /** Fastify does not route by order, so no route comes before ours. */
  routesAhead(): readonly RouteAhead[] {
    return [];
  }

  /**
   * Express serves a path with and without a slash at its end, and its preflights whatever version
   * there is; here that takes further routes, as GET of an upload does. An app may have them already.
   */
  completeRoutes(): void {
    const routes = this.ours.flatMap((route) => [
      route,
      ...preflightsOf(route),
      ...this.telling(route),
    ]);
    for (const route of routes.flatMap((each) => this.withAndWithoutSlash(each))) {
      if (!this.hasRoute(route)) this.app.route(route);
    }
  }

  trustsProxy(request: PlatformRequest): boolean {
    const req = rawRequest(request);
    const wrapper = this.wrappers.get(req);
    if (!wrapper) return false;
    // Fastify's `ips` goes from the connection's address as far as `trustProxy` trusts, so a second
    // one, which we make up, shows whether the first is trusted.
    const raw = { socket: req.socket, headers: { 'x-forwarded-for': '192.0.2.1' } };
    const probe = Object.create(wrapper, { raw: { value: raw } }) as FastifyRequest;
    return (probe.ips?.length ?? 0) > 1;
  }

  trustsAnyProxy(): boolean {
    // Requests have it where `trustProxy` is set.
    return this.app.hasRequestDecorator('ips');
  }

  timeLimits(): readonly TimeLimit[] {
    const { handlerTimeout = 0 } = this.app.initialConfig;
    const limits = silenceLimit(this.adapter, 'connectionTimeout');
    if (handlerTimeout === 0) return limits;
    return [...limits, { setting: 'handlerTimeout', milliseconds: handlerTimeout, of: 'request' }];
  }

  /**
   * The adapter's slot is the only place before `enableCors()`, which would answer OPTIONS. An app
   * may take the slot for itself later; then the ordinary hook is where requests enter.
   */
  private goFirst(): void {
    const { onRequestHook: theirs } = this.adapter;
    this.adapter.setOnRequestHook?.((request: FastifyRequest, reply: FastifyReply, done: Done) =>
      this.enter(request, reply, () => (theirs ? theirs(request, reply, done) : done())),
    );
  }

  private enter(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    this.servers.prepareFor(request.raw, reply.raw);
    if (this.whole.answer(request.raw, reply.raw)) return reply.hijack();
    const route = tusRouteIn(request.routeOptions.config);
    if (isForwarded(request.raw)) this.wrappers.set(request.raw, request);
    if (!route) {
      if (this.needsParser(request)) hideUntilAnswered(request.raw, reply.raw);
      sayContinue(request.raw, reply.raw);
      return done();
    }
    // The ordinary hook comes after the slot.
    if (hidesBody(request.raw)) return done();

    // Which of them is ours is seen once the request is routed again.
    const entry = enter(route.answersOf(this.adapter), request.raw, reply.raw, () => true);
    if (entry === 'has-another-method') {
      reply.hijack();
      return this.app.routing(request.raw, reply.raw);
    }
    hideBody(request.raw);
    if (request.raw.method === 'OPTIONS' && isDecided(request.raw)) withoutCors(request);
    done();
  }

  /**
   * Fastify would refuse requests on a route of the app that hands them over to us, for lack of a
   * parser. If the app has added one, the body is for it.
   */
  private needsParser({ raw, server }: FastifyRequest): boolean {
    const { 'content-type': type, 'tus-resumable': version } = raw.headers;
    if (type === undefined) return false;
    const isTus = version !== undefined && isOffsetOctetStream(type);
    const isAppend = isPartialUpload(type) && this.speaksIetf();
    return (isTus || isAppend) && !hasParserFor(server, type);
  }

  private speaksIetf(): boolean {
    return this.ours.some(({ config }) => tusRouteIn(config)?.answersOf(this.adapter).ietf);
  }

  /** What tells of uploads by HEAD tells of them by GET. */
  private telling(route: RouteOptions): RouteOptions[] {
    const isTelling = [route.method].flat().includes('HEAD') && isUploadPath(route.url);
    const { tellsByGet } = tusRouteIn(route.config)?.answersOf(this.adapter) ?? {};
    return isTelling && tellsByGet ? [{ ...route, method: 'GET' }] : [];
  }

  private hasRoute(route: RouteOptions): boolean {
    return [route.method].flat().some((method) => this.app.hasRoute({ ...route, method }));
  }

  private withAndWithoutSlash(route: RouteOptions): RouteOptions[] {
    const { ignoreTrailingSlash, routerOptions } = this.app.initialConfig;
    const isOne = ignoreTrailingSlash || routerOptions?.ignoreTrailingSlash;
    return isOne || route.url.endsWith('/') ? [route] : [route, { ...route, url: `${route.url}/` }];
  }
}

/** A hook may refuse the request before its route is reached, and others log it. */
function hideUntilAnswered(req: IncomingMessage, res: ServerResponse): void {
  hideBody(req);
  onHeaders(res, () => showBody(req));
}

/**
 * Lets `@fastify/cors` pass by a request, as it does where a route's config says so: it would answer
 * every OPTIONS, and hooks that come after it, loggers above all, would not see it.
 */
function withoutCors(request: FastifyRequest): void {
  const { routeOptions } = request;
  const value = { ...routeOptions, config: { ...(routeOptions.config as object), cors: false } };
  Object.defineProperty(request, 'routeOptions', { value, configurable: true });
}

/** Browsers send no version with a preflight (Fetch §CORS-preflight fetch), so it is for all of them. */
function preflightsOf(route: RouteOptions): RouteOptions[] {
  const { version, ...constraints } = route.constraints ?? {};
  const isPreflight = [route.method].flat().includes('OPTIONS');
  return isPreflight && version !== undefined ? [{ ...route, method: 'OPTIONS', constraints }] : [];
}
