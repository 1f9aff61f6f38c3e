/** The URL that creates uploads, or the URL of an upload below it. */
export type RouteTarget = 'creation' | 'upload';

/** The one of both URLs that a verb is for; on the other one most are refused. */
export function usualTarget(verb: string): RouteTarget {
  const isForCreation = ['POST', 'OPTIONS'].includes(verb.toUpperCase());
  return isForCreation ? 'creation' : 'upload';
}

/** A method of a controller. */
export type RouteMethod = (this: object, ...args: unknown[]) => unknown;

/**
 * A function that does what another one does, with all of its metadata: routes, guards, pipes,
 * interceptors, filters.
 *
 * @param name of the function, by which throttlers, OpenAPI, traces and logs know a handler
 */
export function likeMethod(name: string, original: RouteMethod, call = original): RouteMethod {
  const holder = {
    [name](...args: unknown[]): unknown {
      return call.apply(this, args);
    },
  };
  const method = holder[name] as RouteMethod;
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), method);
  }
  return method;
}

/** Puts a method into a class. */
export function defineMethod(
  prototype: object,
  key: string,
  method: RouteMethod,
): PropertyDescriptor {
  const descriptor = { value: method, configurable: true, writable: true };
  Object.defineProperty(prototype, key, descriptor);
  return descriptor;
}

/** What is known of a method's parameters, which lies on the class and on its prototype, by its key. */
export function copyParameterMetadata(prototype: object, from: string, to: string): void {
  for (const target of [prototype, prototype.constructor]) {
    for (const key of Reflect.getMetadataKeys(target, from)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, target, from), target, to);
    }
  }
}

/** A class's method, its own or inherited. */
export function methodAt(target: object, key: string): RouteMethod {
  return (target as Record<string, RouteMethod>)[key] as RouteMethod;
}
