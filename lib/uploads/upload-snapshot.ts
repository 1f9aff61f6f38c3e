import { isPartial } from '../protocol/index.js';
import type { UploadRecord } from '../registry/index.js';
import type { StoredBytes } from '../storage/index.js';

/** One upload at one moment. Times are milliseconds since the epoch. */
export interface UploadSnapshot {
  readonly record: UploadRecord;
  /** Bytes received. */
  readonly offset: number;
  /** When it expires if no byte comes; absent when it never does. */
  readonly expiresAt?: number;
}

/** Joins what the registry knows of an upload with what the storage holds of it. */
export function takeSnapshot(record: UploadRecord, stored?: StoredBytes): UploadSnapshot {
  if (record.state === 'finished') {
    return { record, offset: record.length ?? 0, expiresAt: expiryOf(record) };
  }
  const offset = Math.min(stored?.size ?? 0, record.unverifiedFrom ?? Infinity);
  return { record, offset, expiresAt: expiryOf(record, stored) };
}

/** Whether every byte has arrived although the upload was not finished yet. */
export function isComplete({ record, offset }: UploadSnapshot): boolean {
  return record.state === 'receiving' && record.length === offset;
}

/** Whether the upload has outlived its time; one that is complete may still be finished. */
export function isExpired(snapshot: UploadSnapshot, now: number): boolean {
  return !isComplete(snapshot) && snapshot.expiresAt !== undefined && snapshot.expiresAt <= now;
}

/**
 * The time slides with every byte (tus 1.0 §Expiration leaves it open). When the last one came is
 * the storage's knowledge, so that an append writes nothing to the registry.
 */
function expiryOf(record: UploadRecord, stored?: StoredBytes): number | undefined {
  const { state, concat, validFor } = record;
  const mayExpire = state === 'receiving' || (state === 'finished' && isPartial(concat));
  if (!mayExpire || validFor === undefined) return undefined;

  const lastByteAt = record.endedAt ?? Math.ceil(stored?.modifiedAt ?? 0);
  return Math.max(record.createdAt, lastByteAt) + validFor;
}
