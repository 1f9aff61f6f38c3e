import type { IetfProfile } from './profiles.js';

/** The largest integer of a structured field (RFC 9651 §3.3.1). */
const MOST = 999_999_999_999_999;

/** What bounds the bodies of requests, those of requests that are uploads of their own excepted. */
export interface AppendSizes {
  /** Most bytes; absent: no limit. */
  readonly maxAppendSize?: number;
  /** Fewest bytes, unless nothing follows them; absent: no limit. */
  readonly minAppendSize?: number;
}

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
 * No upload is too small to be resumed: one that cannot be would cost as much.
 *
 * @returns `undefined` where the version has no limits
 */
export function formatLimits(
  { maxSize, validFor }: UploadLimits,
  { lifetimeKey }: Pick<IetfProfile, 'lifetimeKey'>,
  { maxAppendSize, minAppendSize }: AppendSizes,
): string | undefined {
  if (!lifetimeKey) return undefined;
  const limits = [];
  if (maxSize !== undefined) limits.push(`max-size=${Math.min(maxSize, MOST)}`);
  if (maxAppendSize !== undefined) limits.push(`max-append-size=${Math.min(maxAppendSize, MOST)}`);
  if (minAppendSize !== undefined) limits.push(`min-append-size=${Math.min(minAppendSize, MOST)}`);
  if (validFor !== undefined) limits.push(`${lifetimeKey}=${seconds(validFor)}`);
  return limits.length === 0 ? 'min-size=0' : limits.join(', ');
}

function seconds(milliseconds: number): number {
  return Math.min(Math.floor(milliseconds / 1000), MOST);
}
