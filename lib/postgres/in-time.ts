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
    timer = setTimeout(() => reject(new NoAnswerError(what, milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
