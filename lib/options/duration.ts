import ms, { type StringValue } from 'ms';
import { TusOptionError } from '../errors/index.js';

const UNIT_STRING = /^\d+(\.\d+)?\s*(ms|s|m|h|d|w)$/i;

/** A number as an environment variable has it. */
const PLAIN_STRING = /^\d+(\.\d+)?$/;

/** The longest duration, in milliseconds: added to the time of today it is far from the last date. */
const LONGEST = ms('100y');

/**
 * Reads a length of time: a number of seconds, also as a string, or a string with a unit.
 *
 * @returns milliseconds, more than zero, 100 years at most
 * @throws TusOptionError
 */
export function parseDuration(option: string, value: unknown): number {
  const milliseconds = toMilliseconds(value) ?? 0;
  if (milliseconds > 0 && milliseconds <= LONGEST) return milliseconds;
  throw new TusOptionError(
    option,
    value,
    milliseconds > LONGEST
      ? `Give 100 years at most, such as '36500d'.`
      : `Give a number of seconds, or a string such as '90s', '10m', '24h' or '7d', above zero.`,
  );
}

/** The longest time a timer can be set to; it fires at once when it is set to more. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * A duration that a timer is set to, in milliseconds.
 *
 * @throws TusOptionError
 */
export function parseTimer(option: string, value: unknown): number {
  return Math.min(parseDuration(option, value), LONGEST_TIMER);
}

function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value * 1000;
  if (typeof value !== 'string') return undefined;
  if (PLAIN_STRING.test(value)) return Number(value) * 1000;
  return UNIT_STRING.test(value) ? ms(value as StringValue) : undefined;
}
