import { waitAtMost } from '../wait-at-most.js';

/** Says that something did not answer in time. */
export class NoAnswerInTimeError extends Error {
  override readonly name = 'NoAnswerInTimeError';

  constructor(readonly milliseconds: number) {
    super(`There was no answer within ${milliseconds} ms.`);
  }
}

/**
 * Something that is asked once at a time. What hangs is not asked again: each further call to a disk that
 * hangs would take a thread of the pool, of which there are four, and hold up all that need one.
 */
export class Question<T> {
  private asked?: Promise<T>;

  constructor(private readonly ask: () => Promise<T>) {}

  /** @throws what the asked one throws, or NoAnswerInTimeError */
  async answer(milliseconds: number): Promise<T> {
    const asked = (this.asked ??= this.ask().finally(() => (this.asked = undefined)));
    if (await waitAtMost(milliseconds, asked)) return asked;
    throw new NoAnswerInTimeError(milliseconds);
  }
}
