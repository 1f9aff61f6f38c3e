import { Buffer } from 'node:buffer';
import { decodeBase64 } from './base64.js';
import { digestLength, type ChecksumAlgorithm } from './checksum.js';
import type { Metadata } from './metadata.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';

const HEX = /^[0-9a-f]+$/i;

/**
 * The digest of the whole file that a client has put into its metadata: in hexadecimal digits, in
 * Base64, or as its bare bytes.
 *
 * @returns `undefined` when there is no such key
 * @throws ProtocolError 400 when its value is no digest of the algorithm
 */
export function announcedDigest(
  { text, bytes }: Metadata,
  key: string,
  algorithm: ChecksumAlgorithm,
): Buffer | undefined {
  const [value, raw] = [text[key], bytes[key]];
  if (value === undefined || raw === undefined) return undefined;
  const length = digestLength(algorithm);
  if (raw.length === length) return raw;
  const isHex = value.length === 2 * length && HEX.test(value);
  const digest = isHex ? Buffer.from(value, 'hex') : decodeBase64(value);
  if (digest?.length === length) return digest;
  throw new ProtocolError(
    400,
    `Upload-Metadata: ${quote(key)} must be a ${algorithm} digest of ${length} bytes, in ` +
      'hexadecimal digits or in Base64.',
  );
}
