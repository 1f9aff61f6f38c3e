import { setTimeout as delay } from 'node:timers/promises';

const PAUSE = 10;

/**
 * Repeats a check until it passes, for what no event announces.
 *
 * @param within milliseconds after which the last failure is thrown, 10,000 unless told.
 */
export async function eventually<T>(check: () => T | Promise<T>, within = 10_000): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await delay(PAUSE);
    }
  }
}
