import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import {
  decodeMetadata,
  encodeMetadata,
  isBlank,
  parseMetadata,
} from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

function plain(header: string): [string, string][] {
  return [...parseMetadata(header)].map(([key, value]) => [key, value.toString()]);
}

describe('parseMetadata', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    [' \t ', []],
    ['k', [['k', '']]],
    ['k ', [['k', '']]],
    ['k djE=', [['k', 'v1']]],
    [
      'k1 djE=,k2',
      [
        ['k1', 'v1'],
        ['k2', ''],
      ],
    ],
    [
      'b djE= ,\t a',
      [
        ['b', 'v1'],
        ['a', ''],
      ],
    ],
    ['filename* djE=', [['filename*', 'v1']]],
    [
      'k,K',
      [
        ['k', ''],
        ['K', ''],
      ],
    ],
    ['__proto__ djE=', [['__proto__', 'v1']]],
    ['constructor djE=', [['constructor', 'v1']]],
    ['toString', [['toString', '']]],
  ])('reads %j', (header, pairs) => {
    expect(plain(header)).toEqual(pairs);
  });

  it.each([
    ',',
    ', ',
    'k djE=,',
    ',k djE=',
    'k,,l',
    'k djE=,k djI=',
    'k,k',
    '__proto__,__proto__',
    'k  djE=',
    'k djE= djE=',
    'k\tdjE=',
    'k !!!',
    'k djE',
    'k djE==',
    'k djF=',
    'k _-__',
    'k djE=;l djE=',
    'kü djE=',
    '\u00a0',
    'k\u00a0 djE=',
    'k\0 djE=',
    'k\r\n djE=',
    'k\u007f djE=',
    'k djE=\0',
  ])('refuses %j with 400', (header) => {
    const error = refusal(() => parseMetadata(header));
    expect(error.status).toBe(400);
    expect(error.message).toContain('Upload-Metadata');
    expect(error.message).toMatch(/^[ -~]{1,140}$/);
  });

  it('reads as much as a request can bring', () => {
    const keys = Array.from({ length: 4000 }, (_, index) => index.toString(36).padStart(3, '0'));
    expect(parseMetadata(keys.join(',')).size).toBe(4000);
    const value = Buffer.alloc(12_000, 7);
    expect(parseMetadata(`k ${value.toString('base64')}`).get('k')).toEqual(value);
    expect(plain(`a${' '.repeat(16_000)}`)).toEqual([['a', '']]);
    expect(refusedStatus(() => parseMetadata(','.repeat(16_000)))).toBe(400);
    expect(refusedStatus(() => parseMetadata(`a${' '.repeat(16_000)}b`))).toBe(400);
  });

  it('gives back any keys and bytes that were encoded', () => {
    const key = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    const keys = key.filter((text) => !text.includes(','));
    const pairs = fc.uniqueArray(fc.tuple(keys, fc.uint8Array()), { selector: ([name]) => name });
    const comma = fc.constantFrom(',', ', ', ' ,', '\t,\t');
    fc.assert(
      fc.property(pairs, comma, (sent, separator) => {
        const header = sent
          .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
          .join(separator);
        expect([...parseMetadata(header)].map(([name, value]) => [name, [...value]])).toEqual(
          sent.map(([name, value]) => [name, [...value]]),
        );
      }),
    );
  });

  it('reads or refuses any text, and never fails otherwise', () => {
    const unit = fc.constantFrom(...Array.from('kK=,  \t/+09ü\0_'), 'djE=');
    fc.assert(
      fc.property(fc.string({ unit }), (header) => {
        try {
          parseMetadata(header);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError', status: 400 });
        }
      }),
    );
  });
});

describe('decodeMetadata', () => {
  it('gives the bytes as sent and their text', () => {
    const { text, bytes } = decodeMetadata('filename w6QudHh0,raw //4A,none');
    expect({ ...text }).toEqual({ filename: 'ä.txt', raw: '\ufffd\ufffd\0', none: '' });
    expect(bytes['raw']).toEqual(Buffer.from([0xff, 0xfe, 0x00]));
    expect(bytes['none']).toEqual(Buffer.alloc(0));
  });

  it.each([undefined, '', '  '])('has no keys for %j', (header) => {
    const { text, bytes } = decodeMetadata(header);
    expect(Object.keys(text)).toEqual([]);
    expect(Object.keys(bytes)).toEqual([]);
  });

  it('knows no keys but those sent', () => {
    const { text, bytes } = decodeMetadata('a');
    for (const values of [text, bytes]) {
      expect(Object.getPrototypeOf(values)).toBeNull();
      expect('constructor' in values).toBe(false);
      expect('__proto__' in values).toBe(false);
    }
  });

  it('treats the names of object members like any key', () => {
    const { text } = decodeMetadata('__proto__ djE=,constructor djE=,toString djE=');
    expect(Object.entries(text)).toEqual([
      ['__proto__', 'v1'],
      ['constructor', 'v1'],
      ['toString', 'v1'],
    ]);
    expect(({} as Record<string, unknown>)['v1']).toBeUndefined();
  });
});

describe('encodeMetadata', () => {
  it('writes pairs in order, and a key alone where there is no value', () => {
    expect(encodeMetadata({ filename: 'ä.txt', none: '', kind: 'v1' })).toBe(
      'filename w6QudHh0,none,kind djE=',
    );
  });

  it('writes no header without keys', () => {
    expect(encodeMetadata({})).toBeUndefined();
  });

  it.each(['', 'a b', 'a,b', 'ä', 'a\n', '\u007f', ' a'])('refuses the key %j', (key) => {
    expect(() => encodeMetadata({ [key]: 'value' })).toThrow(RangeError);
  });

  it('writes what is read as the same again', () => {
    const key = fc.stringMatching(/^[!-+\x2d-~]+$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ unit: 'grapheme' })), (metadata) => {
        const { text } = decodeMetadata(encodeMetadata(metadata));
        expect({ ...text }).toEqual({ ...metadata });
      }),
    );
  });
});

describe('isBlank', () => {
  it('is true for blanks only', () => {
    expect(['', ' ', '\t '].every(isBlank)).toBe(true);
    expect(['a', '\u00a0', '\n'].some(isBlank)).toBe(false);
  });
});
