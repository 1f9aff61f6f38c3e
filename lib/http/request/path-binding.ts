import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.js';

/**
 * What an upload is bound to by the path of a request: the path's parameters, but for the upload's
 * id. It is a digest, because clients choose how long the parameters are.
 *
 * @returns `undefined` where there are none
 */
export function bindingOf({ request, id }: Pick<Exchange, 'request' | 'id'>): string | undefined {
  const params = (request.params ?? {}) as Readonly<Record<string, string | string[] | undefined>>;
  const bound = Object.entries(params)
    .map(([name, value]) => [name, withoutId(textOf(value), id)])
    .filter(([, value]) => value !== '');
  if (bound.length === 0) return undefined;
  return createHash('sha256').update(JSON.stringify(bound)).digest('base64url');
}

/** A wildcard's segments are a list in Express, and one text in Fastify. */
function textOf(value: string | string[] = ''): string {
  return typeof value === 'string' ? value : value.join('/');
}

/** On an app's own route the id may have any name, or be the end of a wildcard. */
function withoutId(value: string, id: string | undefined): string {
  if (id === undefined) return value;
  if (value === id) return '';
  return value.endsWith(`/${id}`) ? value.slice(0, -id.length - 1) : value;
}
