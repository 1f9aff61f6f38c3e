const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Bytes that every part has at least, but for the last one (S3, multipart upload limits). */
export const SMALLEST_PART = 5 * MIB;

/** Bytes that a part has at most, and that are copied at a time (S3, multipart upload limits). */
export const LARGEST_PART = 5 * GIB;

/**
 * Numbers of parts go from 1 to this (S3, multipart upload limits). It is for a last part that is smaller
 * than others may be: one that a dead process has sent and that does not count can stay there, for in
 * front of others no store would have it.
 */
export const LAST_PART = 10_000;

/** Parts that an upload of unknown length may have before they grow: 5 GiB at least. */
const PARTS_BEFORE_GROWTH = 1000;

/** By how much each part outgrows the one before: so 10,000 of them have more than 5 TiB. */
const GROWTH = 1.00082;

/** Where an upload stands when a part is planned. */
export interface PartOutlook {
  /** Number that the next part gets. */
  readonly next: number;
  /** Bytes that parts have already. */
  readonly size: number;
  /** Bytes the whole upload will have; absent while that is not known. */
  readonly length?: number;
}

/**
 * Bytes that are worth a number: a part of fewer could leave too few numbers for those to come. So
 * many that the rest fits, where the length is known; else more and more, from 5 MiB up.
 */
export function smallestPart({ next, size, length }: PartOutlook): number {
  const left = LAST_PART - next;
  const worth =
    length === undefined
      ? SMALLEST_PART * GROWTH ** Math.max(0, next - PARTS_BEFORE_GROWTH)
      : (length - size) / Math.max(left, 1);
  return Math.min(Math.max(Math.ceil(worth), SMALLEST_PART), LARGEST_PART);
}

/** Bytes of a part of which there are as many as wanted. */
export function usualPart(outlook: PartOutlook, partSize: number): number {
  return Math.max(partSize, smallestPart(outlook));
}
