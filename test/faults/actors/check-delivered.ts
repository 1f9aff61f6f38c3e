import type { JournalEntry } from '../journal.js';
import type { Tally } from '../tally.js';

/** A finished upload, and the SHA-256 of its bytes in hexadecimal digits. */
export interface Finished {
  readonly id: string;
  readonly sha256: string;
}

/** Counts whatever was wrong with the calls of the handler for a finished upload. */
export function checkDelivered(
  tally: Tally,
  journal: readonly JournalEntry[],
  { id, sha256 }: Finished,
): void {
  const entries = journal.filter((entry) => entry.id === id);
  const begun = entries.filter(({ event }) => event === 'begin');
  const ended = entries.filter(({ event }) => event === 'end');
  const rising = begun.every(({ attempt }, index) => attempt > (begun[index - 1]?.attempt ?? 0));

  if (ended.length === 0) tally.deliveriesMissing++;
  if (!rising) tally.attemptsOutOfOrder++;
  tally.duplicates += Math.max(ended.length - 1, 0);
  tally.deliveriesWrong += ended.filter((entry) => entry.sha256 !== sha256).length;
  tally.deliveriesCutOff += begun.length - entries.filter(({ event }) => event !== 'begin').length;
}
