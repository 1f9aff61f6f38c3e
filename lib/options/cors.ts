import { inspect } from 'node:util';
import type { TusCorsOptions } from '../interfaces/index.js';
import { parseDuration } from './duration.js';
import { assertKeys } from './option-keys.js';
import { TusOptionError } from '../errors/index.js';
import { optional, parseFlag } from './option-values.js';
import type { CheckedCors } from './tus-options.js';

/**
 * Origins that no app has reason to name: an option that admits one of them admits any. Every page
 * can have the origin `null`, by a sandboxed frame (HTML §7.1.1).
 */
const ANY_ORIGINS = ['null', 'https://anybody.invalid', 'http://anybody.invalid'];

/** @throws TusOptionError naming what cannot be used */
export function parseCors(value: boolean | TusCorsOptions): CheckedCors | undefined {
  if (value === false) return undefined;
  const cors = value === true ? {} : value;
  assertKeys('cors', cors);
  const { credentials = false, privateNetwork = false } = cors;
  const origin = optional(cors.origin, parseOrigin);
  if (parseFlag('cors.credentials', credentials)) assertNamed(origin);
  return {
    origin,
    credentials,
    privateNetwork: parseFlag('cors.privateNetwork', privateNetwork),
    allowedHeaders: optional(cors.allowedHeaders, parseNames('cors.allowedHeaders')),
    exposedHeaders: optional(cors.exposedHeaders, parseNames('cors.exposedHeaders')),
    maxAge: parseDuration('cors.maxAge', cors.maxAge ?? '24h'),
  };
}

function parseOrigin(value: TusCorsOptions['origin']): TusCorsOptions['origin'] {
  const isPattern = (item: unknown) => typeof item === 'string' || item instanceof RegExp;
  const isList = Array.isArray(value) && value.every(isPattern);
  if (typeof value === 'boolean' || isPattern(value) || isList) return value;
  throw new TusOptionError(
    'cors.origin',
    value,
    'Give an origin, a RegExp, a list of both, or true for any.',
  );
}

/** With credentials a page acts as the user who looks at it, so the sites that may are named. */
function assertNamed(origin: TusCorsOptions['origin'] = true): void {
  if (![origin].flat().some(admitsAnybody)) return;
  throw new TusOptionError(
    'cors.credentials',
    true,
    `With the origin ${inspect(origin)} any site could act as your users. Name the sites, as in ` +
      `cors: { origin: 'https://app.example', credentials: true }, or leave credentials out.`,
  );
}

function admitsAnybody(origin: boolean | string | RegExp): boolean {
  if (origin instanceof RegExp) return ANY_ORIGINS.some((each) => each.search(origin) >= 0);
  return origin === true || origin === '*' || origin === 'null';
}

function parseNames(option: string) {
  return (value: string[]): string[] => {
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
    throw new TusOptionError(
      option,
      value,
      "Give a list of header names, such as ['X-Request-Id'].",
    );
  };
}
