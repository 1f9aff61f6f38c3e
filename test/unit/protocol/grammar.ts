import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { ProtocolError } from '../../../lib/protocol/index.js';

/** What came of a call: a value, or the status it was refused with. */
export type Outcome<T> = { readonly value: T } | { readonly refused: number };

/**
 * Calls, and expects of a refusal what every refusal owes: one line of printable text, and headers
 * that nobody breaks out of. Any other error fails the test.
 */
export function outcome<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(error.message).toMatch(/^[ -~]{1,400}$/);
    expect(Object.values(error.headers).join('')).toMatch(/^[ -~]*$/);
    return { refused: error.status };
  }
}

/** A character as Node hands it on in a header: any but the line breaks that end one. */
const headerCharacter = fc
  .integer({ min: 1, max: 255 })
  .map((code) => String.fromCharCode(code))
  .filter((character) => character !== '\r' && character !== '\n');

/** Characters that mean something somewhere, line breaks included. */
const strayCharacter = fc.oneof(
  headerCharacter,
  fc.constantFrom(...Array.from(' \t,;=/?#%.:@"\\+-_0\r\n\0\x7f\u00a0')),
);

/** Texts that no grammar foresees. */
export const hostileText = fc.oneof(
  fc.string({ unit: headerCharacter }),
  fc.string({ unit: strayCharacter }),
  fc.string({ unit: 'binary' }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 200n }).map(String),
  fc.double().map(String),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined'),
  fc.constantFrom('x\r\nSet-Cookie: a=b', 'x\nTus-Resumable: 1.0.0', '\r\n\r\n', 'x\0y'),
);

type Damage = (text: string, at: number, stray: string) => string;

const DAMAGES: readonly Damage[] = [
  (text, at, stray) => text.slice(0, at) + stray + text.slice(at),
  (text, at, stray) => text.slice(0, at) + stray + text.slice(at + 1),
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at) => text.slice(0, at) + text.slice(at) + text.slice(at),
  (text, at) => text.slice(0, at) + text.slice(at).toUpperCase(),
  (text, at) => text.slice(0, at),
  (text, _at, stray) => text + stray,
  (text, _at, stray) => stray + text,
];

/** A text that was right until something was done to it at one place; it may still be right. */
export function damaged(right: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(right, fc.nat(), strayCharacter, fc.constantFrom(...DAMAGES))
    .map(([text, at, stray, damage]) => damage(text, at % (text.length + 1), stray));
}

/** What is right, what nearly is, and what is not. */
export function anyOf(right: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 2, arbitrary: right },
    { weight: 4, arbitrary: damaged(right) },
    { weight: 2, arbitrary: hostileText },
  );
}

/** The grammar of Base64 (RFC 4648 §4) without bits that stand for nothing. */
export const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** Some bytes, and how they are written. */
export const base64 = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));

/** An id as uploads have it. */
export const uploadId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
