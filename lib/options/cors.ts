import type { TusCorsOptions } from '../interfaces/index.js';
import { parseDuration } from './duration.js';
import { assertKeys } from './option-keys.js';
import { TusOptionError } from './option.error.js';
import { optional, parseFlag } from './option-values.js';
import type { CheckedCors } from './tus-options.js';

/** @throws TusOptionError naming what cannot be used */
export function parseCors(value: boolean | TusCorsOptions): CheckedCors | undefined {
  if (value === false) return undefined;
  const cors = value === true ? {} : value;
  assertKeys('cors', cors);
  const { credentials = false, privateNetwork = false } = cors;
  return {
    origin: optional(cors.origin, parseOrigin),
    credentials: parseFlag('cors.credentials', credentials),
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
