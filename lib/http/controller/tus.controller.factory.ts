import {
  Controller,
  RequestMapping,
  VERSION_NEUTRAL,
  type ControllerOptions,
  type Type,
} from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import {
  copyParameterMetadata,
  defineMethod,
  likeMethod,
  methodAt,
  type RouteMethod,
  type RouteTarget,
  usualTarget,
} from '../../marks/index.js';
import { noteRoute } from '../openapi/index.js';
import { MarkTusRoute, type TusRoute } from '../platform/tus-route.js';
import { controllerName } from './controller-name.js';
import { TusController } from './tus.controller.js';

/** What shapes the controller of one instance. */
export interface ControllerSettings {
  /** Path it serves, below the app's global prefix. */
  readonly uploadPath: string;
  /** Name of the instance; none for the one without a name. */
  readonly name?: string;
  readonly decorators?: readonly ClassDecorator[];
  /** The user's subclass; `TusController` itself unless given. */
  readonly controller?: Type<TusController>;
  /** Version of the routes; neutral unless given. */
  readonly version?: ControllerOptions['version'];
}

/** What one instance's controller is made with. */
interface Mapping {
  readonly uploadPath: string;
  /** The routes that a user's subclass has beside those of the verbs. */
  readonly further: readonly RouteMethod[];
  readonly route: TusRoute;
}

type Verb = (typeof VERBS)[number];

const VERBS = ['head', 'options', 'post', 'patch', 'delete', 'get', 'put'] as const;

/** The paths of both URLs, below the upload path. */
const PATHS: Readonly<Record<RouteTarget, string>> = { creation: '', upload: ':id' };

/**
 * Makes the controller class of one instance.
 *
 * Path, version and decorators are applied to a class of its own, so instances do not disturb each
 * other, and at once: guards that come later than the module scan would be skipped silently.
 *
 * Throttlers, OpenAPI, traces and logs know a route by the names of its class and its method. So the
 * class has its instance's name in its own, and each of a verb's two URLs has a method.
 *
 * @param route the mark the instance's routes carry
 */
export function createTusController(
  settings: ControllerSettings,
  route: TusRoute,
): Type<TusController> {
  const { uploadPath, name: instance, version = VERSION_NEUTRAL, decorators = [] } = settings;
  const base = settings.controller ?? TusController;
  const controller = class extends base {};
  Object.defineProperty(controller, 'name', { value: controllerName(base, instance) });

  // Platforms take the first route that fits: HEAD before any GET, which would answer it too, then
  // the routes of a user's subclass, and `:id` last.
  const { prototype } = controller;
  const names = namesOfFurtherRoutes(base);
  ownVerb(prototype, 'head');
  for (const name of names) own(prototype, name);
  for (const verb of VERBS) ownVerb(prototype, verb);
  const further = names.map((name) => methodAt(prototype, name));
  for (const verb of VERBS) mapRoutes(prototype, verb, { uploadPath, further, route });

  for (const decorate of decorators) decorate(controller);
  Controller({ path: uploadPath, version })(controller);
  return controller;
}

function namesOfFurtherRoutes(base: Type): string[] {
  const prototype = base.prototype as object;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => !VERBS.includes(name as Verb))
    .filter((name) => pathsOf(methodAt(prototype, name)).length > 0);
}

/** Metadata lies on functions, so each class needs methods of its own to carry its own mark. */
function own(prototype: object, name: string): void {
  if (Object.hasOwn(prototype, name)) return;
  defineMethod(prototype, name, likeMethod(name, methodAt(prototype, name)));
}

/**
 * Makes a method for the URL that a verb is for, and one for the other URL, which does the same.
 */
function ownVerb(prototype: object, verb: Verb): void {
  own(prototype, verb);
  const { key, name } = otherOf(verb);
  if (Object.hasOwn(prototype, key)) return;
  const call: RouteMethod = function (...args) {
    return methodAt(this, verb).apply(this, args);
  };
  defineMethod(prototype, key, likeMethod(name, methodAt(prototype, verb), call));
  copyParameterMetadata(prototype, verb, key);
}

/** Maps a verb to its paths, except paths that a route of a user's subclass serves. */
function mapRoutes(prototype: object, verb: Verb, mapping: Mapping): void {
  const decorated = decoratedMethod(prototype, verb);
  const method = verbOf(decorated);
  const taken = mapping.further.filter((each) => verbOf(each) === method).flatMap(pathsOf);
  const paths = pathsOf(decorated).filter((path) => !taken.includes(path));
  const { key, target } = otherOf(verb);
  const isOther = (path: string) => path === PATHS[target];
  const own = paths.filter((path) => !isOther(path));
  mapRoute(prototype, verb, { method, path: own }, mapping.route);
  mapRoute(prototype, key, { method, path: paths.filter(isOther) }, mapping.route);
  note(prototype, verb, own, mapping);
}

function mapRoute(
  prototype: object,
  key: string,
  { method, path }: { method?: number; path: string[] },
  route: TusRoute,
): void {
  if (path.length === 0) {
    Reflect.deleteMetadata(PATH_METADATA, methodAt(prototype, key));
    return;
  }
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
  MarkTusRoute(route)(prototype, key, descriptor);
  RequestMapping({ path, method })(prototype, key, descriptor);
}

/** What a subclass serves at paths of its own is for it to describe. */
function note(
  prototype: object,
  verb: Verb,
  paths: string[],
  { uploadPath, route }: Mapping,
): void {
  const other = otherOf(verb);
  const usual = usualTarget(verb);
  const isUsual = paths.length === 1 && paths[0] === PATHS[usual];
  const noteAt = (key: string, target: RouteTarget, isMain: boolean) =>
    noteRoute(route, methodAt(prototype, key), {
      verb: verb.toUpperCase(),
      target,
      isMain,
      paths: [`${uploadPath}/${PATHS[target]}`],
      idParameter: 'id',
      isRefused: target === 'creation' && verb !== 'post' && verb !== 'options',
    });
  if (isUsual) noteAt(verb, usual, true);
  noteAt(other.key, other.target, false);
}

/** The URL that a verb is not for, and the method that serves it there. */
function otherOf(verb: Verb): { target: RouteTarget; key: string; name: string } {
  const target = usualTarget(verb) === 'creation' ? 'upload' : 'creation';
  return { target, key: `${verb} (${target})`, name: `${verb}_${target}` };
}

/** An override without a decorator keeps the routes of the method that it overrides. */
function decoratedMethod(prototype: object, verb: Verb): RouteMethod {
  const method = methodAt(prototype, verb);
  if (pathsOf(method).length > 0) return method;
  return decoratedMethod(Object.getPrototypeOf(prototype) as object, verb);
}

function verbOf(method: RouteMethod): number | undefined {
  return Reflect.getMetadata(METHOD_METADATA, method) as number | undefined;
}

function pathsOf(method: RouteMethod): string[] {
  const paths = (Reflect.getMetadata(PATH_METADATA, method) ?? []) as string | string[];
  return [paths].flat().map((path) => path.replace(/^\/+/, ''));
}
