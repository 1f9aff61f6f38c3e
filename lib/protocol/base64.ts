import { Buffer } from 'node:buffer';

/**
 * Decodes Base64 strictly (RFC 4648 §4): standard alphabet, full padding, no stray bits or bytes.
 *
 * @returns the bytes; `undefined` when the text is not exactly what encoding them gives.
 */
export function decodeBase64(text: string): Buffer | undefined {
  // Node skips what it does not understand, so only the way back tells whether all was understood.
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
