import { NoAnswerError } from './postgres.errors.js';

/**
 * Waits for something, and no longer than a time.
 *
 * @param what that is, as the beginning of a sentence
 * @throws NoAnswerError
 */
export async function inTime<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new NoAnswerError(what, milliseconds));
    // When a process goes on that was stopped, its timers come first, and then what has arrived meanwhile.
    timer = setTimeout(() => setImmediate(giveUp), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
