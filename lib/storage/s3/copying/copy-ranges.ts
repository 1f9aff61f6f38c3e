import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { CopySource } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';

/** Copies that the store makes at a time for one object. */
const AT_A_TIME = 8;

/** Has the store copy ranges as the parts of a new multipart upload: the first is number 1. */
export function copyRanges(
  at: MultipartAddress,
  sources: readonly CopySource[],
  context: S3Context,
): Promise<void> {
  return forEachPart(sources, (source, number) => context.multiparts.copyPart(at, number, source));
}

/**
 * Does some work for each part, some of them at a time; numbers begin with 1.
 *
 * @throws the first error, once nothing is running any more
 */
export async function forEachPart<T>(
  parts: readonly T[],
  work: (part: T, number: number) => Promise<void>,
): Promise<void> {
  const waiting = parts.entries();
  const failures: unknown[] = [];
  const run = async () => {
    for (const [index, part] of waiting) {
      await work(part, index + 1).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, run));
  if (failures.length > 0) throw failures[0];
}
