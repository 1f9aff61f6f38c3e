import { parseDuration } from './duration.js';
import { TusOptionError } from '../errors/index.js';

/** Reads an option that may be absent. */
export function optional<V, R>(value: V | undefined, parse: (value: V) => R): R | undefined {
  return value === undefined ? undefined : parse(value);
}

/**
 * Reads a duration that may be `false`.
 *
 * @returns milliseconds; `undefined` for never
 * @throws TusOptionError
 */
export function orNever(value: unknown, option: string): number | undefined {
  return value === false ? undefined : parseDuration(option, value);
}

/** @throws TusOptionError unless it is true or false */
export function parseFlag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TusOptionError(option, value, 'Give true or false.');
}

/** @throws TusOptionError unless it is a whole number above zero */
export function parseCount(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new TusOptionError(option, value, 'Give a whole number above zero.');
}
