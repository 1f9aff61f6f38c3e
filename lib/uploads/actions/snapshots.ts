import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { takeSnapshot, type UploadSnapshot } from '../model/upload-snapshot.js';

/** Where uploads stand, without disturbing them. */
export class Snapshots {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
  ) {}

  /** @returns `undefined` when nothing is known of it */
  async find(id: string): Promise<UploadSnapshot | undefined> {
    const record = await this.registry.get(id);
    return record && this.look(record);
  }

  async look(record: UploadRecord): Promise<UploadSnapshot> {
    if (record.state !== 'receiving') return takeSnapshot(record);
    return takeSnapshot(record, await this.storage.stat(record));
  }
}
