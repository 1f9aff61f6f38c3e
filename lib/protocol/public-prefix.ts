import { trimEndWhere } from './trim.js';

/** One slash, then path characters (RFC 3986 §3.3): no second slash, which would name a host. */
const PREFIX = /^\/(?!\/)(?:[\w.~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*$/i;

/**
 * Checks the path a proxy says it takes off, and drops its trailing slashes.
 *
 * @returns `undefined` when it is no plain absolute path, has `.` or `..` segments (written `%2e`
 *   too), or nothing is left of it.
 */
export function publicPrefix(value: string | undefined): string | undefined {
  if (value === undefined || !PREFIX.test(value)) return undefined;
  // The URL parser resolves dot segments in all their spellings.
  if (new URL(value, 'http://localhost').pathname !== value) return undefined;
  const prefix = trimEndWhere(value, (character) => character === '/');
  return prefix === '' ? undefined : prefix;
}
