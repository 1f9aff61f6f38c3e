import type { JournalEntry } from '../../servers/journal.js';
import { find } from '../tally.js';
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
  // One that was frozen right before it began comes after those that others have made meanwhile.
  const distinct = new Set(begun.map(({ attempt }) => attempt)).size === begun.length;

  const told = `${id}: ${entries.map(({ event, attempt }) => `${event} ${attempt}`).join(', ')}`;
  if (ended.length === 0) find(tally, 'deliveriesMissing', told);
  if (!distinct) find(tally, 'attemptsOutOfOrder', told);
  tally.duplicates += Math.max(ended.length - 1, 0);
  tally.deliveriesWrong += ended.filter((entry) => entry.sha256 !== sha256).length;
  tally.deliveriesCutOff += begun.length - entries.filter(({ event }) => event !== 'begin').length;
}
