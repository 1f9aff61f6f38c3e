import type { UploadRecord } from '../../registry/index.js';
import type { S3State } from './s3-state.js';

/**
 * Milliseconds after which no request arrives any more of a process that had an upload taken from it. A
 * signature is valid for 15 minutes (AWS Signature Version 4, `RequestTimeTooSkewed`), clocks differ, and
 * bodies take their time.
 */
const LATEST = 20 * 60_000;

/** What the record of an upload says that was just taken from a process which does not answer. */
export function withLateRequests({ filePath }: UploadRecord, state: S3State): S3State {
  return { ...state, late: { until: Date.now() + LATEST, key: filePath } };
}
