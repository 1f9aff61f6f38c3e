import type { Usage } from './registry.interface.js';
import type { UploadRecord } from './upload-record.interface.js';

export const NO_USAGE: Usage = { uploads: 0, unfinished: 0, bytes: 0, pending: 0 };

/**
 * What one upload takes. One whose length is deferred counts as the largest it may become.
 *
 * @returns `NO_USAGE` itself for one that takes nothing
 */
export function usageOf(record: UploadRecord): Usage {
  const { state, fileRemovedAt, movedTo } = record;
  const bytes = record.length ?? record.maxSize ?? 0;
  if (state === 'receiving') return { uploads: 1, unfinished: 1, bytes, pending: bytes };
  const hasFile = state === 'quarantined' || state === 'finished';
  if (!hasFile || fileRemovedAt !== undefined || movedTo !== undefined) return NO_USAGE;
  return { uploads: 1, unfinished: 0, bytes, pending: 0 };
}

/** What two take together, or what is left of the first without the second. */
export function addUsage(a: Usage, b: Usage, sign: 1 | -1): Usage {
  return {
    uploads: a.uploads + sign * b.uploads,
    unfinished: a.unfinished + sign * b.unfinished,
    bytes: a.bytes + sign * b.bytes,
    pending: a.pending + sign * b.pending,
  };
}
