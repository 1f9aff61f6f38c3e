import { TusOptionError } from '../errors/index.js';

/**
 * An owner as an application gave it.
 *
 * @throws TusOptionError for anything but a string, or `undefined` for none
 */
export function checkOwner(owner: unknown): string | undefined {
  if (owner === undefined || typeof owner === 'string') return owner;
  throw new TusOptionError('owner', owner, 'Give a string, or undefined for no owner.');
}
