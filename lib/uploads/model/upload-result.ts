import type { UploadRecord } from '../../registry/index.js';
import { neededRepair } from './needed-repair.js';
import { isInterim, type UploadSnapshot } from './upload-snapshot.js';

/** An upload after something was done with it. */
export interface UploadResult extends UploadSnapshot {
  /** Whether that finished it. */
  readonly hasJustFinished: boolean;
}

/** What was done with an upload, by what it was before. */
export function resultOf(before: UploadSnapshot, after: UploadSnapshot): UploadResult {
  const { record, offset, expiresAt } = after;
  return { record, offset, expiresAt, hasJustFinished: hasFinished(before, record) };
}

/** Whether an upload was finished by what was done with it. */
export function hasFinished(before: UploadSnapshot, after: UploadRecord): boolean {
  return before.record.state === 'receiving' && after.state === 'finished';
}

/** Whether there is nothing to do about an upload before it is spoken of. */
export function needsNothing(snapshot: UploadSnapshot): boolean {
  const { state } = snapshot.record;
  const isKnown = state === 'receiving' || state === 'finished';
  return isKnown && !isInterim(snapshot.record) && neededRepair(snapshot) === undefined;
}
