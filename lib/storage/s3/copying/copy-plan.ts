import { LARGEST_PART, LAST_PART, SMALLEST_PART } from '../part-plan.js';
import type { S3Range } from '../requests/s3-requests.interface.js';

/** A run of a source's bytes. */
export interface SourceRange<T> extends S3Range {
  readonly source: T;
}

/** A part that the store copies, or one that is too small for that, and is read and sent. */
export type PlannedPart<T> =
  | { readonly kind: 'copied'; readonly range: SourceRange<T> }
  | { readonly kind: 'sent'; readonly ranges: readonly SourceRange<T>[] };

/**
 * How objects become the parts of another one, in order: what is large enough is copied in the store,
 * and what is not is read, together with as much of what follows as makes it so.
 *
 * @throws RangeError for more than there are numbers for
 */
export function planCopies<T extends { readonly size: number }>(
  sources: readonly T[],
): readonly PlannedPart<T>[] {
  const parts: PlannedPart<T>[] = [];
  let gathered: SourceRange<T>[] = [];
  let missing = SMALLEST_PART;
  const gather = (range: SourceRange<T>) => {
    gathered.push(range);
    missing -= range.end - range.start + 1;
  };
  const flush = () => {
    if (gathered.length > 0) parts.push({ kind: 'sent', ranges: gathered });
    gathered = [];
    missing = SMALLEST_PART;
  };
  for (const source of sources) {
    const start = gathered.length > 0 ? Math.min(source.size, missing) : 0;
    if (start > 0) gather({ source, start: 0, end: start - 1 });
    if (missing === 0) flush();
    const rest = { start, end: source.size - 1 };
    if (source.size - start >= SMALLEST_PART) parts.push(...copies(source, rest));
    else if (source.size > start) gather({ source, ...rest });
  }
  flush();
  if (parts.length < LAST_PART) return parts;
  throw new RangeError(`An object has ${LAST_PART - 1} parts at most, not ${parts.length}.`);
}

/** A range in as many as are needed, each small enough to be copied at a time, and much the same. */
export function splitRange({ start, end }: S3Range): readonly S3Range[] {
  const size = end - start + 1;
  const count = Math.ceil(size / LARGEST_PART);
  const step = Math.ceil(size / Math.max(count, 1));
  return Array.from({ length: count }, (_, index) => {
    const from = start + index * step;
    return { start: from, end: Math.min(from + step - 1, end) };
  });
}

function copies<T>(source: T, range: S3Range): readonly PlannedPart<T>[] {
  return splitRange(range).map((each) => ({ kind: 'copied', range: { source, ...each } }));
}
