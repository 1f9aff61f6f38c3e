import type { IetfProfile } from './profiles.js';

/** The largest integer of a structured field (RFC 9651 §3.3.1). */
const MOST = 999_999_999_999_999;

/** What bounds an upload. */
export interface UploadLimits {
  /** Bytes; absent: no limit. */
  readonly maxSize?: number;
  /** Milliseconds an upload may lie idle; absent: any time. */
  readonly validFor?: number;
}

/**
 * `Upload-Limit` (draft §Upload Limits), which is never empty.
 *
 * @returns `undefined` where the version has no limits
 */
export function formatLimits(
  { maxSize, validFor }: UploadLimits,
  { lifetimeKey }: Pick<IetfProfile, 'lifetimeKey'>,
): string | undefined {
  if (!lifetimeKey) return undefined;
  const limits = [];
  if (maxSize !== undefined) limits.push(`max-size=${Math.min(maxSize, MOST)}`);
  if (validFor !== undefined) limits.push(`${lifetimeKey}=${seconds(validFor)}`);
  return limits.length === 0 ? 'min-size=0' : limits.join(', ');
}

function seconds(milliseconds: number): number {
  return Math.min(Math.floor(milliseconds / 1000), MOST);
}
