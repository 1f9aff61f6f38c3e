import { SetMetadata } from '@nestjs/common';
import type { IetfRules } from '../../protocol/index.js';
import type { CorsHandler } from '../response/cors.js';
import { ForeignAnswers } from '../response/foreign-answers.js';

/**
 * The metadata that Fastify's adapter copies from a handler to its route's config, and that every
 * adapter can be asked for: it tells the routes of this module from all others without comparing
 * paths, so prefixes, versions and parameters need no care.
 */
const ROUTE_CONFIG = '__fastify_route_config__';

/** What is answered on the routes of one instance before Nest is reached. */
export interface PreRoutingAnswers {
  /** Headers of an answer to OPTIONS. */
  readonly discovery: Readonly<Record<string, string>>;
  /** Answers CORS, where the `cors` option asks for it. */
  readonly cors?: CorsHandler;
  /** Headers that pages are to be shown. */
  readonly exposed?: readonly string[];
  /** How the IETF's protocol is spoken; absent where it is not. */
  readonly ietf?: IetfRules;
  /** Whether GET of an upload is answered as HEAD is, unless a route of the app takes it. */
  readonly tellsByGet?: boolean;
  /** Notices answers that others give. */
  readonly foreign?: ForeignAnswers;
}

/** The mark on the routes of one instance. Apps of one process share it, as they share classes. */
export class TusRoute {
  private readonly answers = new WeakMap<object, PreRoutingAnswers>();

  /** @param app its HTTP adapter; none where there is no HTTP */
  prepare(app: object | undefined, answers: Omit<PreRoutingAnswers, 'foreign'>): void {
    if (app) this.answers.set(app, { ...answers, foreign: new ForeignAnswers() });
  }

  answersOf(app: object): PreRoutingAnswers {
    return this.answers.get(app) ?? { discovery: {} };
  }
}

/** Marks a handler as one that serves uploads. */
export function MarkTusRoute(route: TusRoute): MethodDecorator {
  return SetMetadata(ROUTE_CONFIG, { tus: route });
}

/** The mark on a handler, or on whatever an adapter copied its metadata to. */
export function tusRouteOf(handler: object): TusRoute | undefined {
  return tusRouteIn(Reflect.getMetadata(ROUTE_CONFIG, handler));
}

/** The mark in a route's config. */
export function tusRouteIn(config: unknown): TusRoute | undefined {
  const tus = (config as { tus?: unknown } | undefined)?.tus;
  return tus instanceof TusRoute ? tus : undefined;
}

/** Whether a path, as routes have it, is that of uploads, and not the creation URL. */
export function isUploadPath(path: string): boolean {
  return /:(?:id|uploadId)$/.test(path);
}
