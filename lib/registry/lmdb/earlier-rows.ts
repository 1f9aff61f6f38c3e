import type { UploadRecord } from '../registry.interface.js';

/** Brings a record that an earlier version has written up to date. */
export function upToDate(record: UploadRecord): UploadRecord {
  const { kind, concat } = record;
  if (kind !== undefined || concat === undefined) return record;
  // Version 0.1 knew it by the header alone.
  return { ...record, kind: concat === 'partial' ? 'partial' : 'final' };
}
