import type { TusModuleOptions, TusQuota } from '../interfaces/index.js';
import type { Quota } from '../uploads/index.js';
import { assertKeys } from './option-keys.js';
import { optional, parseCount } from './option-values.js';
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
    bytes: optional(value.bytes, (bytes) => parseSize('quota.bytes', bytes)),
    uploads: optional(value.uploads, (uploads) => parseCount('quota.uploads', uploads)),
    concurrent: optional(value.concurrent, (count) => parseCount('quota.concurrent', count)),
  };
}
