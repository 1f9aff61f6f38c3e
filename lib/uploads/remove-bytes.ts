import type { UploadRecord, UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import { placedAt } from './upload-snapshot.js';

/**
 * Removes the bytes that are an upload's own, and forgets the path at which they lay: from now on,
 * the file of another upload may lie there.
 */
export async function removeBytes(
  registry: UploadRegistry,
  storage: UploadStorage,
  record: UploadRecord,
): Promise<void> {
  const filePath = placedAt(record);
  await storage.remove(record.id, filePath);
  if (filePath === undefined) return;
  await registry.change(record.id, (current) => ({ record: { ...current, filePath: undefined } }));
}
