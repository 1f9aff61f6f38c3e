import type { TusModuleOptions, TusQuota } from '../interfaces/index.js';
import type { Quota } from '../uploads/index.js';
import { assertKeys } from './option-keys.js';
import { TusOptionError } from '../errors/index.js';
import { optional } from './option-values.js';
import { parseSize } from './size.js';
import type { TusOptions } from './tus-options.js';

/** Reads the `quota` option, which may be told for each request. */
export function parseQuota(
  value: TusModuleOptions['quota'],
): Pick<TusOptions, 'quota' | 'quotaOf'> {
  if (typeof value === 'function') return { quotaOf: value };
  return { quota: optional(value, checkQuota) };
}

/** @throws TusOptionError naming the limit that cannot be used */
export function checkQuota(value: TusQuota): Quota {
  assertKeys('quota', value);
  return {
    bytes: optional(value.bytes, parseBytes),
    uploads: optional(value.uploads, (uploads) => parseLimit('quota.uploads', uploads)),
    concurrent: optional(value.concurrent, (count) => parseLimit('quota.concurrent', count)),
  };
}

function parseBytes(value: unknown): number {
  return value === Infinity ? value : parseSize('quota.bytes', value);
}

function parseLimit(option: string, value: unknown): number {
  if (value === Infinity) return value;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TusOptionError(
    option,
    value,
    'Give a whole number, 0 for none, or Infinity for any number.',
  );
}
