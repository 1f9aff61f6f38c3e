import { setImmediate as nextTurn } from 'node:timers/promises';

/** Items that are at work together. */
const STEP = 64;

/**
 * Does something with many items, some of them at a time, and lets everything else have its turn in
 * between: what waits for nothing but memory would keep all others waiting.
 *
 * @throws what the work throws for the first item that fails
 */
export async function inSteps<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < items.length; start += STEP) {
    if (start > 0) await nextTurn();
    await Promise.all(items.slice(start, start + STEP).map(work));
  }
}
