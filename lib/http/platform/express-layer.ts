import type { IncomingMessage, ServerResponse } from 'node:http';

type Handle = (req: IncomingMessage, res: ServerResponse, next: () => void) => unknown;

/** A route in the stack of Express's router. */
export interface ExpressLayer {
  readonly route: {
    readonly path: string;
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: { handle: Handle }[];
  };
  match(path: string): unknown;
}

/**
 * Whether a route gets a request. A route for GET gets HEAD too, unless it handles HEAD itself.
 *
 * @param verb in lower case
 */
export function serves(layer: ExpressLayer, verb: string, path: string): boolean {
  const { methods } = layer.route;
  const isFor = methods[verb] ?? (verb === 'head' && methods.get);
  return isFor === true && Boolean(layer.match(path));
}

/** Whether a path may be for both: what comes before their parameters is the same, as far as it goes. */
export function mayMeet(a: ExpressLayer, b: ExpressLayer): boolean {
  const [one, other] = [literalStart(a), literalStart(b)];
  return one.startsWith(other) || other.startsWith(one);
}

/** A path that a route serves, with an id like those of uploads for each parameter. */
export function samplePath({ route }: ExpressLayer): string {
  return route.path.replace(/[{}]/g, '').replace(/[:*](?:\w+|"[^"]*")/g, '0'.repeat(32));
}

/** A route's method and path, for people to read; Nest maps it for one method, or for all. */
export function titleOf({ route: { methods, path } }: ExpressLayer): string {
  const [verb = '', ...others] = Object.keys(methods);
  return `${others.length > 0 ? 'ALL' : verb.toUpperCase()} ${path}`;
}

function literalStart({ route: { path } }: ExpressLayer): string {
  const [start = ''] = /^[^:*{\\]*/.exec(path) ?? [];
  return start.toLowerCase();
}
