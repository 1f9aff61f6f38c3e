import bytes from 'bytes';
import { TusOptionError } from '../errors/index.js';

const UNIT_STRING = /^\d+(\.\d+)?\s*(b|kb|mb|gb|tb|pb)$/i;

/** A number as an environment variable has it. */
const PLAIN_STRING = /^\d+$/;

/**
 * Reads a size: a number of bytes, also as a string, or a string with a unit (1 KB is 1,024 bytes).
 *
 * @returns bytes, a whole number
 * @throws TusOptionError
 */
export function parseSize(option: string, value: unknown): number {
  const size = toBytes(value);
  if (size !== null && Number.isSafeInteger(size) && size >= 0) return size;
  throw new TusOptionError(
    option,
    value,
    `Give a whole number of bytes, or a string such as '512KB', '10MB' or '2GB'.`,
  );
}

/**
 * Reads a rate: bytes a second, written as a size.
 *
 * @returns a whole number above zero
 * @throws TusOptionError
 */
export function parseRate(option: string, value: unknown): number {
  const rate = parseSize(option, value);
  if (rate > 0) return rate;
  throw new TusOptionError(option, value, `Give bytes a second above zero, such as '1KB'.`);
}

function toBytes(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  if (PLAIN_STRING.test(value)) return Number(value);
  return UNIT_STRING.test(value) ? bytes.parse(value) : null;
}
