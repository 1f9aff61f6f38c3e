import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for work, but not for ever.
 *
 * @returns whether the work ended in time
 * @throws what the work throws in time
 */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const outOfTime = pause(milliseconds, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), outOfTime]);
  } finally {
    over.abort();
  }
}
