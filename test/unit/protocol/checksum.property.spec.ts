import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { parseChecksum, parseTrailingChecksum } from '../../../lib/protocol/index.js';
import type { AnnouncedChecksum, TusExtension } from '../../../lib/protocol/index.js';
import { anyOf, BASE64, hostileText, outcome } from './grammar.js';

const LENGTHS: Readonly<Record<string, number>> = {
  sha1: 20,
  sha256: 32,
  sha512: 64,
  md5: 16,
  crc32: 4,
};

const OFFERED = new Set<TusExtension>(['checksum', 'checksum-trailer']);

const value = fc
  .constantFrom(...Object.entries(LENGTHS))
  .chain(([algorithm, length]) =>
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((digest) => `${algorithm} ${Buffer.from(digest).toString('base64')}`),
  );

/** A right algorithm with the digest of another one, and the like. */
const crossed = fc
  .tuple(value, value)
  .map(([one, other]) => `${one.split(' ')[0]} ${other.split(' ')[1]}`);

/** The grammar of the header, read another way than the parser does. */
function checksumOf(text: string): AnnouncedChecksum | undefined {
  const [, algorithm = '', encoded = ''] = /^([a-z0-9]+) ([^ ]+)$/.exec(text) ?? [];
  if (text !== `${algorithm} ${encoded}` || !BASE64.test(encoded)) return undefined;
  if (!Object.keys(LENGTHS).includes(algorithm)) return undefined;
  const digest = Buffer.from(encoded, 'base64');
  const isWhole = digest.length === LENGTHS[algorithm];
  return isWhole ? ({ algorithm, digest } as AnnouncedChecksum) : undefined;
}

describe('A checksum', () => {
  const texts = fc.oneof({ weight: 4, arbitrary: anyOf(value) }, { weight: 1, arbitrary: crossed });

  it('is an algorithm and a digest of its length, and else refused with 400', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const checksum = checksumOf(text);
        const expected = checksum ? { value: checksum } : { refused: 400 };
        const headers = { 'upload-checksum': [text] };
        expect(outcome(() => parseChecksum(headers, OFFERED))).toEqual(expected);
        expect(outcome(() => parseTrailingChecksum(headers))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused where it stands twice, or where nobody would verify it', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const twice = { 'upload-checksum': [one, other] };
        expect(outcome(() => parseChecksum(twice, OFFERED))).toEqual({ refused: 400 });
        const once = { 'upload-checksum': [one] };
        expect(outcome(() => parseChecksum(once, new Set()))).toEqual({ refused: 400 });
        const both = { ...once, trailer: ['Upload-Checksum'] };
        expect(outcome(() => parseChecksum(both, OFFERED))).toEqual({ refused: 400 });
      }),
    );
  });

  it('is awaited in the trailer exactly when the list of trailers names it', () => {
    const name = fc.oneof(
      fc.mixedCase(fc.constant('upload-checksum')),
      fc.constantFrom('expires', 'upload-checksums', '', 'x-upload-checksum'),
      hostileText.filter((text) => !text.includes(',')),
    );
    fc.assert(
      fc.property(fc.array(fc.array(name, { minLength: 1 }), { maxLength: 3 }), (lines) => {
        const names = lines.flat().map((each) => each.trim().toLowerCase());
        const headers = lines.length === 0 ? {} : { trailer: lines.map((line) => line.join(',')) };
        expect(outcome(() => parseChecksum(headers, OFFERED))).toEqual({
          value: names.includes('upload-checksum') ? 'in-trailer' : undefined,
        });
        expect(outcome(() => parseChecksum(headers, new Set()))).toEqual({ value: undefined });
      }),
      { numRuns: 400 },
    );
  });
});
