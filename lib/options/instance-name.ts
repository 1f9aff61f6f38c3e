import { TusOptionError } from '../errors/index.js';

/**
 * Checks the name of an instance; it becomes part of a folder's name.
 *
 * @throws TusOptionError
 */
export function parseInstanceName(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\w-]{1,64}$/.test(value)) return value;
  throw new TusOptionError('name', value, 'Give letters, digits, "_" and "-", 64 at most.');
}
