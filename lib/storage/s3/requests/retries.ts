import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../s3.errors.js';

/** Milliseconds, the first time; twice as many each time after, up to `LONGEST`. */
const FIRST = 100;
const LONGEST = 20_000;

/**
 * Repeats what the client itself does not: a request whose body is a stream, which is made anew for each
 * attempt. Full jitter, as the client has it.
 *
 * @param attempts how many at most, the first one included
 * @param signal ends the waiting
 */
export async function withRetries<T>(
  attempts: number,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= attempts || signal?.aborted || !isTransient(error)) throw error;
      const most = Math.min(FIRST * 2 ** (count - 1), LONGEST);
      await delay(Math.random() * most, undefined, { signal });
    }
  }
}
