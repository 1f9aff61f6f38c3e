import { NoSpaceError } from '../../errors/index.js';

/** Whether an error carries one of these codes of the operating system. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}

/** Turns an error that says there is no room, or no quota, into a `NoSpaceError`. */
export function toStorageError(error: unknown): unknown {
  return hasCode(error, 'ENOSPC', 'EDQUOT') ? new NoSpaceError({ cause: error }) : error;
}
