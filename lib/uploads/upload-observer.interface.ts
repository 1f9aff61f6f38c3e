import type { UploadRecord } from '../registry/index.js';

/** Who is told what becomes of uploads, right after it did; nothing waits for it. */
export interface UploadObserver {
  created(record: UploadRecord): void;

  /** @param offset bytes received; told for every write, so it must be cheap */
  advanced(record: UploadRecord, offset: number): void;

  finished(record: UploadRecord): void;

  /** It was terminated, expired, or quarantined. */
  ended(record: UploadRecord): void;

  /** A finished file could not be placed where it was to lie, for another one lies there. */
  misplaced(record: UploadRecord): void;
}
