import { NoAnswerError } from './postgres.errors.js';

/** A process that was stopped has missed one of so many parts of the time at most. */
const PARTS = 5;

/**
 * Waits for something, and no longer than a time in which this process runs: when one that was stopped
 * goes on, its timers come first, and what has arrived meanwhile after them.
 *
 * @param what that is, as the beginning of a sentence
 * @throws NoAnswerError
 */
export async function inTime<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (left: number): void => {
      if (left === 0) return reject(new NoAnswerError(what, milliseconds));
      timer = setTimeout(wait, milliseconds / PARTS, left - 1);
    };
    wait(PARTS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
