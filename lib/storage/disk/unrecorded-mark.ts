import type { Stats } from 'node:fs';

/**
 * The sticky bit, which means nothing for a file (`chmod(2)`): it marks one of which no record tells yet. A
 * file system that does not keep it leaves the file unmarked, and so one that is never removed.
 */
export const UNRECORDED = 0o1000;

const PERMISSIONS = 0o777;

/** Whether a file was left by a process that died before the record of its upload was there. */
export function isUnrecorded({ mode }: Pick<Stats, 'mode'>): boolean {
  return (mode & UNRECORDED) !== 0;
}

/** The mode of a file without the mark. */
export function recordedMode({ mode }: Pick<Stats, 'mode'>): number {
  return mode & PERMISSIONS;
}
