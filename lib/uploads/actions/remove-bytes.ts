import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { placedAt } from '../model/upload-snapshot.js';

/**
 * Removes the bytes that are an upload's own, and forgets the path at which they lay: from then on,
 * the file of another upload may lie there. The caller holds the lease, has called
 * `removeFirstName()`, and has then changed the record so that the bytes are not spoken of any more.
 *
 * The path is not given free before the file has its first name back, so one that died half-way and
 * is repeated knows by that name that the path is not the upload's any more.
 */
export async function removeBytes(
  registry: UploadRegistry,
  storage: UploadStorage,
  record: UploadRecord,
): Promise<void> {
  const filePath = placedAt(record);
  if (filePath !== undefined) {
    await storage.reclaim(record.id, filePath);
    await registry.change(record.id, (current) => ({
      record: { ...current, filePath: undefined },
    }));
  }
  await storage.remove(record.id);
}

/**
 * Takes the name by which it was received from a finished file that has a path of its own: a
 * process that died after it had committed the finish has left it both. The caller holds the lease.
 */
export async function removeFirstName(storage: UploadStorage, record: UploadRecord): Promise<void> {
  const { id, state, filePath, fileRemovedAt } = record;
  const isThere = state === 'finished' && fileRemovedAt === undefined;
  if (isThere && filePath !== undefined) await storage.remove(id);
}
