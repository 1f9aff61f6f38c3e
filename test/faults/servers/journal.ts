import { open, readFile } from 'node:fs/promises';
import { eventually } from '../../support/eventually.js';

/** Milliseconds that deliveries get after the last kill. */
const PATIENCE = 20_000;

/** What happened to one delivery: the handler was called, threw, or returned. */
export interface JournalEntry {
  readonly event: 'begin' | 'throw' | 'end';
  readonly id: string;
  readonly attempt: number;
  readonly size: number;
  readonly path: string;
  /** The process that has written it. */
  readonly pid?: number;
  /** SHA-256 of the file when the handler returned. */
  readonly sha256?: string;
}

/** Appends an entry that survives whatever happens to the process afterwards. */
export async function writeEntry(journal: string, entry: JournalEntry): Promise<void> {
  const file = await open(journal, 'a');
  try {
    await file.write(`${JSON.stringify({ ...entry, pid: process.pid })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** All entries, oldest first; none when there is no journal yet. */
export async function readEntries(journal: string): Promise<JournalEntry[]> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalEntry);
}

/** How many deliveries have thrown and not begun again. */
export function countRetrying(entries: readonly JournalEntry[]): number {
  const last = new Map(entries.map(({ id, event }) => [id, event]));
  return [...last.values()].filter((event) => event === 'throw').length;
}

/**
 * Waits until the handler has returned for each of the uploads.
 *
 * @returns the journal; after a while also when it has not.
 */
export async function untilDelivered(
  journal: string,
  ids: readonly string[],
): Promise<JournalEntry[]> {
  const delivered = async (): Promise<void> => {
    const entries = await readEntries(journal);
    const ended = new Set(entries.filter(({ event }) => event === 'end').map(({ id }) => id));
    if (!ids.every((id) => ended.has(id))) throw new Error('The handler has not returned yet.');
  };
  await eventually(delivered, PATIENCE).catch(() => undefined);
  return readEntries(journal);
}
