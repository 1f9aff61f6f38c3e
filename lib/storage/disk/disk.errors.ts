import { NoSpaceError, StorageFaultError } from '../../errors/index.js';
import { isNoSpace } from '../../file-system/index.js';

/**
 * Turns an error that says there is no room, or no quota, into a `NoSpaceError`, and one of a flush
 * into a `StorageFaultError`.
 */
export function toStorageError(error: unknown): unknown {
  if (isNoSpace(error)) return new NoSpaceError({ cause: error });
  return isOfFlush(error) ? new StorageFaultError({ cause: error }) : error;
}

/** What an error means to bytes that are to be on disk: there is no room, or the disk has failed. */
export function toFlushError(error: unknown): unknown {
  const reason = toStorageError(error);
  const isKnown = reason instanceof NoSpaceError || reason instanceof StorageFaultError;
  return isKnown ? reason : new StorageFaultError({ cause: error });
}

function isOfFlush(error: unknown): boolean {
  const { syscall } = Object(error) as Partial<NodeJS.ErrnoException>;
  return syscall === 'fsync' || syscall === 'fdatasync';
}
