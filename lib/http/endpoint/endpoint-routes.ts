import { RequestMapping, RequestMethod, type Type } from '@nestjs/common';
import {
  PATH_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import {
  copyParameterMetadata,
  defineMethod,
  likeMethod,
  methodAt,
  methodNotes,
  usualTarget,
  type RouteMethod,
  type RouteTarget,
} from '../../marks/index.js';
import { ENDPOINT_METADATA } from '../../tus.constants.js';
import { noteRoute } from '../openapi/index.js';
import { endpointMarkOf, UPLOAD_PARAMETER, type EndpointMark } from './endpoint-mark.js';

/** The verbs of tus, each on the creation URL and on the URL of an upload. */
const VERBS = ['HEAD', 'OPTIONS', 'POST', 'PATCH', 'DELETE'] as const;

/** One of the routes of an endpoint. */
interface EndpointRoute {
  readonly verb: (typeof VERBS)[number] | 'PUT';
  readonly target: RouteTarget;
}

const ROUTES: readonly EndpointRoute[] = VERBS.flatMap((verb) => [
  { verb, target: 'creation' },
  { verb, target: 'upload' },
]);

/** The endpoints among a controller's methods. */
export function endpointsOf(controller: Type): EndpointMark[] {
  const prototype = controller.prototype as object;
  const keys = new MetadataScanner().getAllMethodNames(prototype);
  return keys.flatMap((key) => {
    const mark = endpointMarkOf(methodAt(prototype, key));
    // Methods that serve the other verbs carry the mark too, those of a base class as well.
    return mark?.key === key ? [mark] : [];
  });
}

/** Endpoints whose methods were replaced by a decorator above, and have lost their routes with it. */
export function replacedEndpoints(controller: Type): EndpointMark[] {
  const prototype = controller.prototype as object;
  const noted = [...methodNotes<EndpointMark>(ENDPOINT_METADATA, prototype).values()].flat();
  const endpoints = endpointsOf(controller);
  return noted.filter((mark) => !endpoints.some(({ key }) => key === mark.key));
}

/**
 * Gives a controller methods that serve its endpoints, with all that the decorated ones carry:
 * guards, pipes, interceptors, filters, parameters. To be done once all decorators have run, and
 * before Nest looks for routes; doing it again changes nothing.
 */
export function mapEndpoints(controller: Type): void {
  for (const mark of endpointsOf(controller)) {
    for (const route of routesOf(mark)) addRoute(controller, mark, route);
  }
}

/** PUT is another resource's, unless the app says that it creates uploads. */
function routesOf({ options }: EndpointMark): readonly EndpointRoute[] {
  const hasPut = options.methods?.includes('PUT');
  return hasPut ? [...ROUTES, { verb: 'PUT', target: 'creation' }] : ROUTES;
}

/** Whether Nest leaves it to a method to send its answer, as it does for `@Res()` and `@Next()`. */
export function sendsItself(controller: Type, key: string): boolean {
  if (Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, key)) return false;
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) as
    object | undefined;
  // Their names begin with the number of the kind: 1 is the response, 2 is `next`.
  return Object.keys(parameters ?? {}).some((name) => /^[12]:/.test(name));
}

function addRoute(controller: Type, mark: EndpointMark, route: EndpointRoute): void {
  const { verb, target } = route;
  const prototype = controller.prototype as object;
  const key = `${mark.key} (${verb}, ${target})`;
  if (Object.hasOwn(prototype, key)) return;

  const call: RouteMethod = function (...args) {
    return methodAt(this, mark.key).apply(this, args);
  };
  const method = likeMethod(nameOf(mark, route), methodAt(prototype, mark.key), call);
  copyParameterMetadata(prototype, mark.key, key);
  const descriptor = defineMethod(prototype, key, method);
  const path = pathOf(mark, target);
  RequestMapping({ path, method: RequestMethod[verb] })(prototype, key, descriptor);
  noteRoute(mark.route, method, {
    verb,
    target,
    isMain: isMain(route),
    hasOwnAnswer: verb === 'PATCH' || verb === 'PUT',
    isRefused: target === 'creation' && !isOffered(mark, verb),
    paths: controllerPaths(controller).map((base) => `${base}/${path}`),
    idParameter: UPLOAD_PARAMETER,
  });
  if (verb === 'HEAD') putFirst(prototype, key);
}

/** Whether a method means something on the creation URL. */
function isOffered({ options: { methods = ['POST'] } }: EndpointMark, verb: string): boolean {
  return [...methods, 'POST', 'OPTIONS'].includes(verb);
}

/** The route that the app's own decorators describe. */
function isMain({ verb, target }: EndpointRoute): boolean {
  return verb === 'POST' && target === 'creation';
}

/** The name by which tools know the route's handler; it may stand in generated code. */
function nameOf({ key }: EndpointMark, route: EndpointRoute): string {
  const { verb, target } = route;
  if (isMain(route)) return key;
  return target === usualTarget(verb) ? `${key}_${verb}` : `${key}_${verb}_${target}`;
}

function pathOf({ path }: EndpointMark, target: RouteTarget): string {
  return target === 'creation' ? path : `${path}/:${UPLOAD_PARAMETER}`;
}

function controllerPaths(controller: Type): string[] {
  return [(Reflect.getMetadata(PATH_METADATA, controller) ?? '') as string | string[]].flat();
}

/** Platforms take the first route that fits, and one for GET fits HEAD too. */
function putFirst(prototype: object, name: string): void {
  const others = Object.getOwnPropertyNames(prototype).filter((each) => each !== name);
  for (const other of others) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, other) as PropertyDescriptor;
    if (!descriptor.configurable) continue;
    Reflect.deleteProperty(prototype, other);
    Object.defineProperty(prototype, other, descriptor);
  }
}
