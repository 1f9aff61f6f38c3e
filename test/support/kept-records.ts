import { randomBytes } from 'node:crypto';
import type { StorageState, UploadRecord } from '../../lib/registry/index.js';
import type { StorageRecords } from '../../lib/storage/index.js';

/** An id as uploads have it. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

/** The records of uploads as far as a storage needs them, without a registry. */
export class KeptRecords implements StorageRecords {
  private readonly records = new Map<string, UploadRecord>();

  /** The record as it is now: that of a new upload, where there was none. */
  of(id: string): UploadRecord {
    return this.records.get(id) ?? this.change(id, {});
  }

  /** Says something else of an upload. */
  change(id: string, changes: Partial<UploadRecord>): UploadRecord {
    const before = this.records.get(id) ?? { id, state: 'receiving', createdAt: Date.now() };
    const record = { ...before, ...changes };
    this.records.set(id, record);
    return record;
  }

  async keep(id: string, stored: StorageState | undefined): Promise<void> {
    this.change(id, { stored });
  }
}
