import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE } from '../../folder/index.js';

/**
 * Marks a process as one that is noted as a suspect in the tables, before anything is taken from it: a
 * file beside its socket, so that it need not read a table to know that it is none.
 *
 * Only the process itself takes it away, before it has itself forgotten as a suspect, and looks into the
 * tables until that is done.
 */
export async function markSuspect(folder: string, identity: string): Promise<void> {
  await writeFile(pathOf(folder, identity), '', { mode: PRIVATE_FILE });
}

/** Takes the mark away; nothing happens when there is none. */
export async function unmarkSuspect(folder: string, identity: string): Promise<void> {
  await rm(pathOf(folder, identity), { force: true });
}

/** Whether a process may be a suspect, as of now. */
export function isMarkedSuspect(folder: string, identity: string): boolean {
  return existsSync(pathOf(folder, identity));
}

function pathOf(folder: string, identity: string): string {
  return join(folder, `${identity}.suspect`);
}
