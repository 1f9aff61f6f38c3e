import type { TusModuleOptions } from '../interfaces/index.js';
import { CHECKSUM_ALGORITHMS } from '../protocol/index.js';
import type { FileHashRule } from '../uploads/index.js';
import { assertKeys } from './option-keys.js';
import { TusOptionError } from '../errors/index.js';

/** @throws TusOptionError naming what cannot be used */
export function parseHash(value: NonNullable<TusModuleOptions['hash']>): FileHashRule {
  if (typeof value === 'string') return { algorithm: parseAlgorithm('hash', value) };
  assertKeys('hash', value);
  return {
    algorithm: parseAlgorithm('hash.algorithm', value.algorithm),
    compareWith: parseKey(value.compareWith),
  };
}

function parseAlgorithm(option: string, value: unknown): FileHashRule['algorithm'] {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === value);
  if (algorithm) return algorithm;
  const known = CHECKSUM_ALGORITHMS.map((name) => `'${name}'`).join(', ');
  throw new TusOptionError(option, value, `Give one of: ${known}.`);
}

function parseKey(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && /^[!-+\--~]+$/.test(value)))
    return value;
  throw new TusOptionError('hash.compareWith', value, "Give a key of metadata, such as 'sha256'.");
}
