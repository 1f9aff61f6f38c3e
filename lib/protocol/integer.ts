import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';

const NON_NEGATIVE_INTEGER = /^(?:0|[1-9][0-9]*)$/;

/**
 * Reads a count of bytes: decimal digits without sign, fraction, blanks or leading zeros
 * (tus 1.0 §Upload-Offset, §Upload-Length).
 *
 * @param name the header, for the message.
 * @param maxSize the largest upload in bytes, if there is a limit; it decides only how a number
 *   too large to be counted exactly is refused.
 * @throws ProtocolError 400 when it is no such number; above 2^53 - 1 it is 413 where `maxSize` is
 *   given, else 400.
 */
export function parseInteger(name: string, value: string, maxSize?: number): number {
  if (!NON_NEGATIVE_INTEGER.test(value)) {
    throw new ProtocolError(400, `${name} must be a non-negative integer, not ${quote(value)}.`);
  }
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const status = maxSize === undefined ? 400 : 413;
  throw new ProtocolError(status, `${name} is too large: ${quote(value)}.`);
}
