import { Controller, RequestMapping, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { getTusToken } from './decorators/index.js';
import { MarkTusRoute, type TusRoute } from './http/index.js';
import type { TusModuleExtras } from './interfaces/index.js';
import { TusController } from './tus.controller.js';
import { injectOwnService } from './tus.controller.service.js';

type Handler = (this: TusController, ...args: unknown[]) => unknown;

type Verb = (typeof VERBS)[number];

const VERBS = ['head', 'options', 'post', 'patch', 'delete', 'get', 'put'] as const;

/**
 * Makes the controller class of one instance.
 *
 * Path, version and decorators are applied to a class of its own, so instances do not disturb each
 * other, and at once: guards that come later than the module scan would be skipped silently.
 *
 * @param route the mark the instance's routes carry
 */
export function createTusController(extras: TusModuleExtras, route: TusRoute): Type<TusController> {
  const { uploadPath: path, version = VERSION_NEUTRAL, decorators = [] } = extras;
  const base = extras.controller ?? TusController;
  const controller = class TusController extends base {};

  // Platforms take the first route that fits: HEAD before any GET, which would answer it too, then
  // the routes of a user's subclass, and `:id` last.
  const names = namesOfFurtherRoutes(base);
  for (const name of ['head', ...names, ...VERBS]) own(controller.prototype, name);
  const further = names.map((name) => handlerAt(controller.prototype, name));
  for (const verb of VERBS) mapRoutes(controller.prototype, verb, further, route);

  for (const decorate of decorators) decorate(controller);
  Controller({ path, version })(controller);
  injectOwnService(controller, getTusToken(extras.name));
  return controller;
}

/** The routes that a user's subclass has beside those of the verbs. */
function namesOfFurtherRoutes(base: Type): string[] {
  const prototype = base.prototype as object;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => !VERBS.includes(name as Verb))
    .filter((name) => pathsOf(handlerAt(prototype, name)).length > 0);
}

/** Metadata lies on functions, so each class needs handlers of its own to carry its own mark. */
function own(prototype: object, name: string): void {
  if (Object.hasOwn(prototype, name)) return;
  const inherited = handlerAt(prototype, name);
  const handler: Handler = function (...args) {
    return inherited.apply(this, args);
  };
  for (const key of Reflect.getMetadataKeys(inherited)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, inherited), handler);
  }
  Object.defineProperty(prototype, name, { value: handler, configurable: true, writable: true });
}

/** Maps a verb to its paths, but for those that a route of a user's subclass serves. */
function mapRoutes(
  prototype: object,
  verb: Verb,
  further: readonly Handler[],
  route: TusRoute,
): void {
  const decorated = decoratedHandler(prototype, verb);
  const method = methodOf(decorated);
  const taken = further.filter((handler) => methodOf(handler) === method).flatMap(pathsOf);
  const path = pathsOf(decorated).filter((each) => !taken.includes(each));
  if (path.length === 0) {
    Reflect.deleteMetadata(PATH_METADATA, handlerAt(prototype, verb));
    return;
  }
  const descriptor = Object.getOwnPropertyDescriptor(prototype, verb) as PropertyDescriptor;
  MarkTusRoute(route)(prototype, verb, descriptor);
  RequestMapping({ path, method })(prototype, verb, descriptor);
}

/** An override without a decorator leaves it to the method it overrides which routes there are. */
function decoratedHandler(prototype: object, verb: Verb): Handler {
  const handler = handlerAt(prototype, verb);
  if (pathsOf(handler).length > 0) return handler;
  return decoratedHandler(Object.getPrototypeOf(prototype) as object, verb);
}

function handlerAt(prototype: object, name: string): Handler {
  return (prototype as Record<string, Handler>)[name] as Handler;
}

function methodOf(handler: Handler): number | undefined {
  return Reflect.getMetadata(METHOD_METADATA, handler) as number | undefined;
}

function pathsOf(handler: Handler): string[] {
  const paths = (Reflect.getMetadata(PATH_METADATA, handler) ?? []) as string | string[];
  return [paths].flat().map((path) => path.replace(/^\/+/, ''));
}
