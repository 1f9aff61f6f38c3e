import type { UploadRecord } from '../registry.interface.js';

/** A record as it is now, of one that an earlier version has written. */
export function upToDate(record: UploadRecord): UploadRecord {
  const { kind, concat } = record;
  if (kind !== undefined || concat === undefined) return record;
  // Version 0.1 knew it by the header alone.
  return { ...record, kind: concat === 'partial' ? 'partial' : 'final' };
}
