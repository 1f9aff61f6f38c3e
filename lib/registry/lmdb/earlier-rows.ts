import type { UploadRecord } from '../upload-record.interface.js';

/** Brings a record that an earlier version has written up to date. */
export function upToDate(record: UploadRecord): UploadRecord {
  return withKind(withState(record));
}

/** Version 0.1 knew what an upload is to others by the header alone. */
function withKind(record: UploadRecord): UploadRecord {
  const { kind, concat } = record;
  if (kind !== undefined || concat === undefined) return record;
  return { ...record, kind: concat === 'partial' ? 'partial' : 'final' };
}

/** Version 0.1 said in one field where a file is to lie, and, once the upload had ended, where it lies. */
function withState(record: UploadRecord): UploadRecord {
  const { state, filePath, movedTo } = record;
  if (filePath === undefined || state === 'receiving' || state === 'quarantined') return record;
  const stored = movedTo === undefined ? { path: filePath } : undefined;
  return { ...record, filePath: undefined, stored };
}
