import type { RetryRules } from '../options/index.js';

/** Most that is added to a pause, as a part of it. */
const JITTER = 0.1;

/**
 * Milliseconds to wait after a failed attempt: twice as long each time, up to the longest, and up
 * to a tenth longer at random, so that what failed together does not come back together.
 *
 * @param attempt the attempt that failed, from 1
 */
export function backoff(attempt: number, rules: RetryRules, random = Math.random()): number {
  const exponential = rules.backoffFirst * 2 ** (attempt - 1);
  return Math.min(exponential, rules.backoffMax) * (1 + random * JITTER);
}

/** The longest of these pauses, in milliseconds. */
export function longestBackoff({ backoffMax }: RetryRules): number {
  return backoffMax * (1 + JITTER);
}
