import { FileChangedError } from '../../errors/index.js';
import type { UploadRecord } from '../../registry/index.js';
import type { StoredBytes } from '../../storage/index.js';

/**
 * Makes sure that an upload which has all its bytes still has them.
 *
 * @param stored what is held of it
 * @throws FileChangedError
 */
export function assertUnchanged({ id, length = 0 }: UploadRecord, stored?: StoredBytes): void {
  if (!stored) throw new FileChangedError(id, 'was removed');
  if (stored.fault !== undefined) throw new FileChangedError(id, stored.fault);
  if (stored.size === length) return;
  const fault = `has ${stored.size} bytes, and not the ${length} that were uploaded`;
  throw new FileChangedError(id, fault);
}
