import { Controller, RequestMapping, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MarkTusRoute, type TusRoute } from './http/index.js';
import type { TusModuleExtras } from './interfaces/index.js';
import { TusController } from './tus.controller.js';

type Handler = (this: TusController, ...args: unknown[]) => unknown;

const VERBS = ['options', 'post', 'head', 'patch', 'delete', 'get', 'put'] as const;

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

  for (const verb of VERBS) ownHandler(controller, verb, route);
  for (const decorate of decorators) decorate(controller);
  Controller({ path, version })(controller);
  return controller;
}

/** Metadata lies on functions, so each class needs handlers of its own to carry its own mark. */
function ownHandler(controller: Type, verb: (typeof VERBS)[number], route: TusRoute): void {
  const prototype = controller.prototype as Record<string, Handler>;
  const inherited = prototype[verb] as Handler;
  const handler: Handler = function (...args) {
    return inherited.apply(this, args);
  };
  for (const key of Reflect.getMetadataKeys(inherited)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, inherited), handler);
  }
  Object.defineProperty(prototype, verb, { value: handler, configurable: true, writable: true });

  const descriptor = Object.getOwnPropertyDescriptor(prototype, verb) as PropertyDescriptor;
  MarkTusRoute(route)(prototype, verb, descriptor);
  RequestMapping({ path: freePaths(prototype, verb), method: methodOf(handler) })(
    prototype,
    verb,
    descriptor,
  );
}

/** The paths of a verb that no other method of a user's subclass serves. */
function freePaths(prototype: Record<string, Handler>, verb: string): string[] {
  const method = methodOf(prototype[verb] as Handler);
  const taken = Object.getOwnPropertyNames(Object.getPrototypeOf(prototype))
    .filter((name) => name !== verb && typeof prototype[name] === 'function')
    .map((name) => prototype[name] as Handler)
    .filter((handler) => methodOf(handler) === method)
    .flatMap(pathsOf);
  return pathsOf(prototype[verb] as Handler).filter((path) => !taken.includes(path));
}

function methodOf(handler: Handler): number | undefined {
  return Reflect.getMetadata(METHOD_METADATA, handler) as number | undefined;
}

function pathsOf(handler: Handler): string[] {
  const paths = (Reflect.getMetadata(PATH_METADATA, handler) ?? []) as string | string[];
  return [paths].flat().map((path) => path.replace(/^\/+/, ''));
}
