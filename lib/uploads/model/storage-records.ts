import type { StorageState, UploadRegistry } from '../../registry/index.js';
import type { StorageRecords } from '../../storage/index.js';

/** Keeps what a storage has to say of uploads in their records. */
export function storageRecords(registry: UploadRegistry): StorageRecords {
  const keep = async (id: string, stored: StorageState | undefined): Promise<void> => {
    await registry.change(id, (current) => ({
      record: { ...current, stored, unverifiedFrom: undefined },
    }));
  };
  return { keep };
}
