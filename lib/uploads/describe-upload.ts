import type { FinishedUpload, Upload, UploadDescription } from '../interfaces/index.js';
import { decodeMetadata, filenameOf } from '../protocol/index.js';
import type { UploadRecord } from '../registry/index.js';
import type { UploadSnapshot } from './upload-snapshot.js';

/** An upload as `TusService` shows it. */
export function describeUpload(snapshot: UploadSnapshot, path?: string): Upload {
  const { record, offset, expiresAt } = snapshot;
  const { state, length, endedAt } = record;
  return {
    ...describe(record),
    state,
    offset,
    ...(length !== undefined && { length }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
    ...(path !== undefined && { path }),
  };
}

/** A finished upload as a handler receives it. */
export function describeFinished(
  record: UploadRecord,
  path: string,
  attempt: number,
): FinishedUpload {
  return {
    ...describe(record),
    path,
    size: record.length ?? 0,
    finishedAt: new Date(record.endedAt ?? record.createdAt),
    attempt,
  };
}

function describe(record: UploadRecord): UploadDescription {
  const metadata = decodeMetadata(record.metadata);
  const filename = filenameOf(metadata);
  return {
    id: record.id,
    metadata: metadata.text,
    rawMetadata: metadata.bytes,
    ...(filename !== undefined && { filename }),
    ...(record.owner !== undefined && { owner: record.owner }),
    createdAt: new Date(record.createdAt),
  };
}
