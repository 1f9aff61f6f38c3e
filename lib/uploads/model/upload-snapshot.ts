import type { UploadRecord } from '../../registry/index.js';
import type { StoredBytes } from '../../storage/index.js';
import { isFinal, isPartial } from './upload-kind.js';

/** One upload at one moment. Times are milliseconds since the epoch. */
export interface UploadSnapshot {
  readonly record: UploadRecord;
  /** Bytes received. */
  readonly offset: number;
  /**
   * What is wrong with the file of an unfinished upload, as the end of a sentence: none of it counts,
   * and the upload is to begin anew.
   */
  readonly fault?: string;
  /**
   * How many of these bytes are known to survive a lost machine; absent once the upload is
   * finished.
   */
  readonly flushed?: number;
  /** When it expires if no byte comes; absent when it never does. */
  readonly expiresAt?: number;
}

/** Joins what the registry knows of an upload with what the storage holds of it. */
export function takeSnapshot(record: UploadRecord, stored?: StoredBytes): UploadSnapshot {
  if (record.state === 'finished' || record.state === 'quarantined') {
    return { record, offset: record.length ?? 0, expiresAt: expiryOf(record) };
  }
  const expiresAt = expiryOf(record, stored);
  const fault = faultOf(record, stored);
  if (fault !== undefined) return { record, offset: 0, expiresAt, fault };
  const offset = Math.min(stored?.size ?? 0, record.unverifiedFrom ?? Infinity);
  return { record, offset, flushed: stored?.flushed, expiresAt };
}

/** No client has sent more bytes than there are in its upload. */
function faultOf({ fileFault, length = Infinity }: UploadRecord, stored?: StoredBytes) {
  const fault = fileFault ?? stored?.fault;
  if (fault !== undefined || stored === undefined || stored.size <= length) return fault;
  return `has ${stored.size} bytes, and not the ${length} at most that the upload has`;
}

/** Whether every byte has arrived, and its client has no more to say, although the upload was not finished yet. */
export function isComplete({ record, offset, fault }: UploadSnapshot): boolean {
  const isWhole = endsWith(record, offset) && fault === undefined;
  return record.state === 'receiving' && isWhole;
}

/**
 * Whether an upload is complete with so many bytes.
 *
 * @param isLast whether its client says that nothing follows them
 */
export function endsWith({ length, terms }: UploadRecord, bytes: number, isLast = false): boolean {
  if (isLast) return length === undefined || length === bytes;
  return length === bytes && !terms?.endsExplicitly;
}

/** Whether the upload has outlived its time; a complete upload may still be finished. */
export function isExpired(snapshot: UploadSnapshot, now: number): boolean {
  return !isComplete(snapshot) && snapshot.expiresAt !== undefined && snapshot.expiresAt <= now;
}

/**
 * Whether a finished upload still waits for something: a part for the upload to be made of it, or
 * an upload for its endpoint's answer. It expires like an unfinished one.
 */
export function isInterim(record: UploadRecord): boolean {
  return record.state === 'finished' && (isPartial(record) || isUnanswered(record));
}

/** Whether all is there of an upload, and its endpoint is yet to answer its client. */
export function isUnanswered(record: UploadRecord): boolean {
  const { state, endpoint, answer } = record;
  const isWhole = state === 'finished' && !isPartial(record);
  return isWhole && endpoint !== undefined && answer === undefined;
}

/**
 * The time slides with every byte (tus 1.0 §Expiration leaves it open). The storage knows when the
 * last one came, so that an append writes nothing to the registry.
 */
function expiryOf(record: UploadRecord, stored?: StoredBytes): number | undefined {
  const { state, validFor } = record;
  const mayExpire = state === 'receiving' || isInterim(record);
  if (!mayExpire || validFor === undefined) return undefined;

  const lastByteAt = record.endedAt ?? Math.ceil(stored?.modifiedAt ?? 0);
  return Math.max(record.createdAt, lastByteAt) + validFor;
}

/**
 * Whether a final upload is half built because its process died: to be asked only when nothing
 * holds it.
 */
export function isHalfFinal(record: UploadRecord): boolean {
  return isFinal(record) && record.state === 'receiving';
}
