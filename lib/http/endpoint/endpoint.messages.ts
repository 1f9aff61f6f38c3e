/** Uploads of two endpoints could not be told apart. */
export function endpointTwice(name: string): string {
  return (
    `Two @TusEndpoint() methods are called "${name}". Give one of them an id of its own, ` +
    `@TusEndpoint('path', { id: '...' }).`
  );
}

/** A decorator has put another method in the place of an endpoint's, which has no route. */
export function endpointReplaced(name: string): string {
  return (
    `The @TusEndpoint() method "${name}" is not served: a decorator above has replaced the method, ` +
    `and its route and all that stands below are lost. Put @TusEndpoint() above that decorator, and ` +
    `guards too, or have it copy the metadata of the method.`
  );
}

/** Nest has no routes for what is loaded later. */
export function endpointNotRouted(name: string): string {
  return (
    `The @TusEndpoint() method "${name}" is not served: its controller was loaded after the start, ` +
    `and Nest makes no routes then. To have it served, import its module as usual.`
  );
}
