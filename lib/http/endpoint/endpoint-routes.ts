import { RequestMapping, RequestMethod, type Type } from '@nestjs/common';
import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { methodNotes } from '../../marks/index.js';
import { ENDPOINT_METADATA } from '../../tus.constants.js';
import { endpointMarkOf, type EndpointMark } from './endpoint-mark.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** The verbs of tus beside POST, which the decorated method itself is mapped to. */
const VERBS = ['HEAD', 'OPTIONS', 'PATCH', 'DELETE'] as const;

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
 * Gives a controller methods that serve the other verbs of its endpoints, with all that the
 * decorated ones carry: guards, pipes, interceptors, filters, parameters. To be done once all
 * decorators have run, and before Nest looks for routes; doing it again changes nothing.
 */
export function mapEndpoints(controller: Type): void {
  const prototype = controller.prototype as object;
  for (const mark of endpointsOf(controller)) {
    for (const verb of VERBS) addRoute(prototype, mark, verb);
  }
}

/** Whether Nest leaves it to a method to send its answer, as it does for `@Res()` and `@Next()`. */
export function sendsItself(controller: Type, key: string): boolean {
  if (Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, key)) return false;
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) as
    object | undefined;
  // Their names begin with the number of the kind: 1 is the response, 2 is `next`.
  return Object.keys(parameters ?? {}).some((name) => /^[12]:/.test(name));
}

function addRoute(prototype: object, mark: EndpointMark, verb: (typeof VERBS)[number]): void {
  const name = `${mark.key} (${verb})`;
  if (Object.hasOwn(prototype, name)) return;

  const method: Method = function (...args) {
    return methodAt(this, mark.key).apply(this, args);
  };
  copyMetadata(methodAt(prototype, mark.key), method);
  copyParameterMetadata(prototype, mark.key, name);
  const descriptor = { value: method, configurable: true, writable: true };
  Object.defineProperty(prototype, name, descriptor);
  RequestMapping({ path: mark.paths, method: RequestMethod[verb] })(prototype, name, descriptor);
  if (verb === 'HEAD') putFirst(prototype, name);
}

function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}

/** Parameters are described on the class and on its prototype, by the method's name. */
function copyParameterMetadata(prototype: object, from: string, to: string): void {
  for (const target of [prototype, prototype.constructor]) {
    for (const key of Reflect.getMetadataKeys(target, from)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, target, from), target, to);
    }
  }
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

function methodAt(target: object, key: string): Method {
  return (target as Record<string, Method>)[key] as Method;
}
