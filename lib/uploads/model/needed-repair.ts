import { isComplete, isExpired, isHalfFinal, type UploadSnapshot } from './upload-snapshot.js';

/**
 * What an upload that no request holds may need: to be finished, to be ended, to lose bytes that
 * were never verified, or to begin anew because what lies under its name is not its file.
 */
export type Repair = 'finish' | 'end' | 'cut' | 'renew';

/** What is to be done about an upload, if anything, so that it is what its client hears of it. */
export function neededRepair(snapshot: UploadSnapshot): Repair | undefined {
  const { record } = snapshot;
  if (isExpired(snapshot, Date.now()) || isHalfFinal(record)) return 'end';
  if (snapshot.fault !== undefined) return 'renew';
  if (isComplete(snapshot)) return 'finish';
  const isUnverified = record.state === 'receiving' && record.unverifiedFrom !== undefined;
  return isUnverified ? 'cut' : undefined;
}
