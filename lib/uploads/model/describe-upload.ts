import type { FinishedUpload, Upload, UploadDescription } from '../../interfaces/index.js';
import { decodeMetadata, filenameOf } from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import type { Located } from '../../storage/index.js';
import { isPartial } from './upload-kind.js';
import type { UploadSnapshot } from './upload-snapshot.js';

/**
 * An upload as `TusService` shows it.
 *
 * @param locate tells where the file of a finished upload is
 */
export function describeUpload(
  snapshot: UploadSnapshot,
  locate: (record: UploadRecord) => Located,
): Upload {
  const { record, offset, expiresAt } = snapshot;
  const { state, length, endedAt, hash } = record;
  const hasFile = state === 'finished' && record.fileRemovedAt === undefined;
  return {
    ...describeRecord(record),
    state,
    partial: isPartial(record),
    offset,
    ...(length !== undefined && { length }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
    ...(hasFile && locate(record)),
    ...(hash && { hash }),
  };
}

/** A finished upload, but for the attempt a handler is told. */
export function describeFinished(
  record: UploadRecord,
  located: Located,
): Omit<FinishedUpload, 'attempt'> {
  return {
    ...describeComplete(record, located),
    finishedAt: new Date(record.endedAt ?? record.createdAt),
  };
}

/** An upload that has all its bytes. */
export function describeComplete(record: UploadRecord, located: Located) {
  const { hash, length = 0 } = record;
  return { ...describeRecord(record), ...located, size: length, ...(hash && { hash }) };
}

/** What is known of an upload from its beginning. */
export function describeRecord(record: UploadRecord): UploadDescription {
  const metadata = decodeMetadata(record.metadata);
  const filename = filenameOf(metadata);
  return {
    id: record.id,
    protocol: record.protocol ?? 'tus',
    metadata: metadata.text,
    rawMetadata: metadata.bytes,
    ...(filename !== undefined && { filename }),
    ...(record.owner !== undefined && { owner: record.owner }),
    ...(record.endpoint !== undefined && { endpoint: record.endpoint }),
    createdAt: new Date(record.createdAt),
  };
}
