import { setTimeout as pause } from 'node:timers/promises';

/** How often a client comes again, and milliseconds before it does. */
const TIMES = 20;
const PAUSE = 250;

/**
 * Asks as a client does that comes again when its connection is dropped: a process that was taken for a
 * silent one drops its requests, and on a computer that has much to do any may be.
 *
 * @param onDropped told each time that it is
 */
export async function comeAgain<T>(
  ask: () => Promise<T>,
  onDropped: () => void = () => undefined,
): Promise<T> {
  for (let time = 1; ; time++) {
    try {
      return await ask();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || time === TIMES) throw error;
      onDropped();
      await pause(PAUSE);
    }
  }
}
