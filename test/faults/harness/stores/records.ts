import { join } from 'node:path';
import { LmdbRegistry } from '../../../../lib/registry/lmdb/index.js';
import type { UploadRecord } from '../../../../lib/registry/index.js';

/** Looks into what is known of the uploads of a folder. */
export async function withRecords<T>(
  folder: string,
  look: (recordOf: (id: string) => Promise<UploadRecord | undefined>) => Promise<T>,
): Promise<T> {
  const registry = new LmdbRegistry({ folder: join(folder, '.tus'), durable: true });
  await registry.open();
  try {
    return await look(async (id) => registry.get(id));
  } finally {
    await registry.close();
  }
}
