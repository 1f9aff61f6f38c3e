import { Buffer } from 'node:buffer';
import { decodeBase64 } from './base64.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';
import { trimWhere } from './trim.js';

/** Decoded metadata, as objects without a prototype: every key is only what the client sent. */
export interface Metadata {
  /** The values read as UTF-8; bytes that are no UTF-8 become U+FFFD. */
  readonly text: Record<string, string>;
  /** The values as sent. */
  readonly bytes: Record<string, Buffer>;
}

/** Visible ASCII; the space and the comma that separate are never part of a key. */
const KEY = /^[\x21-\x7e]+$/;

/**
 * Reads an `Upload-Metadata` header (tus 1.0 §Upload-Metadata): pairs separated by commas, each a
 * key and, after one space, its value in Base64. The value may be empty, then the space may be
 * missing. Blanks around commas are allowed (RFC 9110 §5.6.1), a blank header has no pairs.
 *
 * @throws ProtocolError 400 when a key is empty, not visible ASCII or there twice, or a value is
 *   not strict Base64.
 */
export function parseMetadata(header: string): Map<string, Buffer> {
  const pairs = new Map<string, Buffer>();
  if (isBlank(header)) return pairs;
  for (const part of header.split(',')) {
    const [key, value] = parsePair(trimBlanks(part));
    if (pairs.has(key)) {
      throw new ProtocolError(400, `Upload-Metadata has the key ${quote(key)} more than once.`);
    }
    pairs.set(key, value);
  }
  return pairs;
}

/**
 * Decodes an `Upload-Metadata` header; an absent or blank one has no keys.
 *
 * @throws ProtocolError 400 as {@link parseMetadata} does.
 */
export function decodeMetadata(header: string | undefined): Metadata {
  const text = Object.create(null) as Record<string, string>;
  const bytes = Object.create(null) as Record<string, Buffer>;
  for (const [key, value] of parseMetadata(header ?? '')) {
    text[key] = value.toString('utf8');
    bytes[key] = value;
  }
  return { text, bytes };
}

/**
 * Writes an `Upload-Metadata` header (tus 1.0 §Upload-Metadata).
 *
 * @returns `undefined` when there are no keys
 * @throws RangeError for a key that is empty or not visible ASCII
 */
export function encodeMetadata(text: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(text).map(([key, value]) => {
    if (!KEY.test(key) || key.includes(',')) {
      throw new RangeError(`${quote(key)} cannot be a key of Upload-Metadata.`);
    }
    return value === '' ? key : `${key} ${Buffer.from(value).toString('base64')}`;
  });
  return pairs.length === 0 ? undefined : pairs.join(',');
}

/** Whether a header value has nothing but blanks, which is the same as no header. */
export function isBlank(value: string): boolean {
  return trimBlanks(value) === '';
}

function trimBlanks(text: string): string {
  return trimWhere(text, (character) => character === ' ' || character === '\t');
}

function parsePair(pair: string): [key: string, value: Buffer] {
  const space = pair.indexOf(' ');
  const key = space === -1 ? pair : pair.slice(0, space);
  if (key === '') throw new ProtocolError(400, 'Upload-Metadata has an empty key.');
  if (!KEY.test(key)) {
    throw new ProtocolError(400, `Upload-Metadata has the invalid key ${quote(key)}.`);
  }
  const value = decodeBase64(space === -1 ? '' : pair.slice(space + 1));
  if (value === undefined) {
    throw new ProtocolError(400, `Upload-Metadata has no valid Base64 for the key ${quote(key)}.`);
  }
  return [key, value];
}
