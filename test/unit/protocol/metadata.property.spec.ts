import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { decodeBase64, decodeMetadata, parseMetadata } from '../../../lib/protocol/index.js';
import { anyOf, BASE64, base64, outcome } from './grammar.js';

const KEY = /^[\x21-\x2b\x2d-\x7e]+$/;

const key = fc.oneof(
  fc.stringMatching(/^[\x21-\x2b\x2d-\x7e]{1,8}$/),
  fc.constantFrom('filename', 'a', '__proto__', 'constructor', 'toString', 'valueOf'),
);

const pair = fc.oneof(
  key,
  fc.tuple(key, base64).map(([name, value]) => `${name} ${value}`),
);

const header = fc
  .tuple(fc.array(pair, { maxLength: 5 }), fc.constantFrom(',', ', ', ' ,\t'))
  .map(([pairs, comma]) => pairs.join(comma));

/** The grammar of the header, read another way than the parser does. */
function pairsOf(text: string): [string, string][] | undefined {
  if (/^[ \t]*$/.test(text)) return [];
  const pairs = text.split(',').map((part): [string, string] => {
    const [name = '', value = '', ...more] = part.replace(/^[ \t]+|[ \t]+$/g, '').split(' ');
    return more.length === 0 ? [name, value] : ['', ''];
  });
  const right = pairs.every(([name, value]) => KEY.test(name) && BASE64.test(value));
  return right && new Set(pairs.map(([name]) => name)).size === pairs.length ? pairs : undefined;
}

describe('Base64', () => {
  it('gives back any bytes, and takes nothing but what they are written as', () => {
    fc.assert(
      fc.property(anyOf(base64), (text) => {
        const bytes = decodeBase64(text);
        expect(bytes !== undefined).toBe(BASE64.test(text));
        expect(bytes?.toString('base64') ?? text).toBe(text);
      }),
      { numRuns: 400 },
    );
  });
});

describe('Metadata', () => {
  it('are what the grammar says, in order and byte for byte, and else refused with 400', () => {
    fc.assert(
      fc.property(anyOf(header), (text) => {
        const pairs = pairsOf(text);
        const read = outcome(() => [...parseMetadata(text)]);
        expect(read).toEqual(
          pairs
            ? { value: pairs.map(([name, value]) => [name, Buffer.from(value, 'base64')]) }
            : { refused: 400 },
        );
      }),
      { numRuns: 400 },
    );
  });

  it('never reach a prototype, whatever their keys', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(header, (text) => {
        const decoded = outcome(() => decodeMetadata(text));
        const names = (pairsOf(text) ?? []).map(([name]) => name).sort();
        if (!('value' in decoded)) return;
        for (const values of [decoded.value.text, decoded.value.bytes]) {
          expect(Object.getPrototypeOf(values)).toBeNull();
          expect(Object.keys(values).sort()).toEqual(names);
        }
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });
});
