import type { IetfDialect } from './dialect.js';
import { ProblemError } from './problem.js';

/** A body has more, or fewer, bytes than are taken at a time. */
export class AppendSizeError extends ProblemError {}

/**
 * Holds what a body is announced to have against what is taken at a time (draft §Upload Limits). A body that
 * announces nothing can only be too large, which shows as it is read.
 *
 * @param coming bytes that are announced; `undefined` when they are not
 * @param isLast whether nothing follows, so that there may be few
 * @throws AppendSizeError 413 for too many, 400 for too few
 */
export function assertAppendSize(
  coming: number | undefined,
  isLast: boolean,
  { sizes: { maxAppendSize, minAppendSize }, intent }: IetfDialect,
): void {
  if (coming === undefined || intent === 'plain') return;
  const told = `The body has ${coming} bytes`;
  if (maxAppendSize !== undefined && coming > maxAppendSize) {
    throw new AppendSizeError(413, `${told}; at most ${maxAppendSize} are taken at a time.`);
  }
  if (minAppendSize !== undefined && coming < minAppendSize && !isLast) {
    throw new AppendSizeError(400, `${told}; fewer than ${minAppendSize} must be the last ones.`);
  }
}
