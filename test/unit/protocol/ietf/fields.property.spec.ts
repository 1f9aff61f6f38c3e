import fc from 'fast-check';
import {
  booleanField,
  countField,
  dictionaryField,
  formatLimits,
} from '../../../../lib/protocol/ietf/index.js';
import { anyOf } from '../grammar.js';

const RUNS = { numRuns: 1000 };

/** The grammar of RFC 9651, as far as these texts have it, read another way than by a parser. */
const KEY = '[a-z*][a-z0-9_\\-.*]*';
const BARE =
  '(?:-?\\d{1,15}|-?\\d{1,12}\\.\\d{1,3}|"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[A-Za-z*][\\w!#$&\'*+\\-.^`|~/]*|\\?[01])';
const PARAMETERS = `(?:; *${KEY}(?:=${BARE})?)*`;
const INTEGER = new RegExp(`^ *(-?\\d{1,15})${PARAMETERS} *$`);
const BOOLEAN = new RegExp(`^ *\\?([01])${PARAMETERS} *$`);
const MEMBERS = new RegExp(`^(?:${KEY}(?:=${BARE})?${PARAMETERS}(?:[ \\t]*,[ \\t]*|[ \\t]*$))*$`);

/** Byte sequences, dates and other types that these texts leave out. */
const OTHER_TYPES = /[:@%(]/;

const key = fc.stringMatching(/^[a-z*][a-z0-9_\-.*]{0,5}$/);
const integer = fc.oneof(
  fc.integer({ min: -999, max: 999 }).map(String),
  fc.stringMatching(/^-?[0-9]{1,17}$/),
);
const bare = fc.oneof(
  integer,
  fc.constantFrom('1.5', '-0.001', '"a"', '"a \\" b"', 'token', '*/*', '?0', '?1'),
);
const parameters = fc
  .array(
    fc
      .tuple(fc.constantFrom(';', '; ', ';  '), key, fc.option(bare))
      .map(([mark, name, value]) => (value === null ? mark + name : `${mark}${name}=${value}`)),
    { maxLength: 2 },
  )
  .map((all) => all.join(''));
const spaces = fc.constantFrom('', '', ' ', '  ');

/** A field with one item. */
function itemOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(spaces, value, parameters, spaces).map((parts) => parts.join(''));
}

const dictionary = fc
  .tuple(
    fc.array(fc.tuple(key, bare, parameters), { maxLength: 4 }),
    fc.constantFrom(',', ', ', ' ,\t'),
  )
  .map(([members, comma]) =>
    members.map(([name, value, more]) => `${name}=${value}${more}`).join(comma),
  );

describe('An integer of the IETF’s', () => {
  it('is what the grammar says, or as none', () => {
    fc.assert(
      fc.property(anyOf(itemOf(integer)), (text) => {
        fc.pre(!OTHER_TYPES.test(text));
        const digits = INTEGER.exec(text)?.[1];
        const value = digits === undefined ? NaN : Number(digits) + 0;

        expect(countField({ 'upload-offset': [text] }, 'Upload-Offset')).toBe(
          value >= 0 ? value : undefined,
        );
      }),
      RUNS,
    );
  });

  it('is exact, and none where it stands on two lines', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (count) => {
        const line = String(count);

        expect(countField({ 'upload-length': [line] }, 'Upload-Length')).toBe(count);
        expect(countField({ 'upload-length': [line, line] }, 'Upload-Length')).toBeUndefined();
      }),
    );
  });
});

describe('A boolean of the IETF’s', () => {
  it('is what the grammar says, or as none', () => {
    fc.assert(
      fc.property(anyOf(itemOf(fc.constantFrom('?0', '?1'))), (text) => {
        fc.pre(!OTHER_TYPES.test(text));
        const digit = BOOLEAN.exec(text)?.[1];

        expect(booleanField({ 'upload-complete': [text] }, 'Upload-Complete')).toBe(
          digit === undefined ? undefined : digit === '1',
        );
      }),
      RUNS,
    );
  });
});

describe('A dictionary of the IETF’s', () => {
  it('has its keys, each with its last value, or is refused', () => {
    fc.assert(
      fc.property(anyOf(dictionary), (text) => {
        fc.pre(!OTHER_TYPES.test(text));
        const trimmed = text.replace(/^ +/, '');
        const isRight = MEMBERS.test(trimmed) && !/,[ \t]*$/.test(trimmed);
        const read = () => dictionaryField({ digest: [text] }, 'Digest');

        if (isRight) expect([...(read()?.keys() ?? [])].sort()).toEqual(keysOf(trimmed));
        else expect(read).toThrow(SyntaxError);
      }),
      RUNS,
    );
  });

  it('never reaches a prototype, whatever its keys', () => {
    fc.assert(
      fc.property(fc.constantFrom('constructor', 'tostring', '__proto__', 'valueof'), (name) => {
        const read = () => dictionaryField({ digest: [`${name}=1`] }, 'Digest');

        if (name.startsWith('_')) expect(read).toThrow(SyntaxError);
        else expect(read()?.get(name)).toBe(1);
      }),
    );
  });
});

describe('Limits as they are told', () => {
  const size = fc.option(fc.maxSafeNat(), { nil: undefined });

  it('are a dictionary of integers of 15 digits at most', () => {
    fc.assert(
      fc.property(size, size, fc.constantFrom('max-age', 'expires'), (maxSize, validFor, name) => {
        const text =
          formatLimits({ maxSize, validFor }, { lifetimeKey: name as 'max-age' }, {}) ?? '';
        const members = dictionaryField({ 'upload-limit': [text] }, 'Upload-Limit');

        const most = 999_999_999_999_999;
        expect(Object.fromEntries(members ?? [])).toEqual({
          ...(maxSize === undefined && validFor === undefined && { 'min-size': 0 }),
          ...(maxSize !== undefined && { 'max-size': Math.min(maxSize, most) }),
          ...(validFor !== undefined && { [name]: Math.min(Math.floor(validFor / 1000), most) }),
        });
      }),
    );
  });
});

/** The keys of a dictionary that is right, each once. */
function keysOf(text: string): string[] {
  // Commas of strings separate nothing.
  const members = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(',');
  const keys = members.map((member) => /^[^=;\s]*/.exec(member.trim())?.[0] ?? '');
  return [...new Set(keys.filter((name) => name !== ''))].sort();
}
