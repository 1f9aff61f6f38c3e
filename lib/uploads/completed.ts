import { mendingOf } from './mending.js';
import { isInterim, type UploadSnapshot } from './upload-snapshot.js';

/** An upload after something was done with it. */
export interface Completed extends UploadSnapshot {
  /** Whether that finished it. */
  readonly hasJustFinished: boolean;
}

/** What was done with an upload, by what it was before. */
export function completed<T extends UploadSnapshot>(
  before: UploadSnapshot,
  after: T,
): T & Completed {
  const hasJustFinished = before.record.state === 'receiving' && after.record.state === 'finished';
  return { ...after, hasJustFinished };
}

/** Whether there is nothing to do about an upload before it is spoken of. */
export function isSettled(snapshot: UploadSnapshot): boolean {
  const { state } = snapshot.record;
  const isKnown = state === 'receiving' || state === 'finished';
  return isKnown && !isInterim(snapshot.record) && mendingOf(snapshot) === undefined;
}
