import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  ALL_EXTENSIONS,
  CHECKSUM_ALGORITHMS,
  parseChecksum,
  parseTrailingChecksum,
} from '../../../lib/protocol/index.js';
import type { TusExtension } from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

/** Of `hello world`. */
const DIGESTS = {
  sha1: 'Kq5sNclPz7QV2+lfQIuc6R7oRu0=',
  sha256: 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=',
  sha512:
    'MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G/YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==',
  md5: 'XrY7u+Ae7tCTyyK7j1rNww==',
  crc32: 'DUoRhQ==',
};

/** Values that are no checksum, and why. */
const MALFORMED: [string, string][] = [
  ['nothing', ''],
  ['an unknown algorithm', `sha3 ${DIGESTS.sha1}`],
  ['a name in upper case', `SHA1 ${DIGESTS.sha1}`],
  ['a name with a hyphen', `sha-1 ${DIGESTS.sha1}`],
  ['a name of every object', `constructor ${DIGESTS.sha1}`],
  ['no name', ` ${DIGESTS.sha1}`],
  ['no digest', 'sha1'],
  ['an empty digest', 'sha1 '],
  ['no space', `sha1${DIGESTS.sha1}`],
  ['a tab in its place', `sha1\t${DIGESTS.sha1}`],
  ['two spaces', `sha1  ${DIGESTS.sha1}`],
  ['a space behind', `sha1 ${DIGESTS.sha1} `],
  ['two checksums', `sha1 ${DIGESTS.sha1},md5 ${DIGESTS.md5}`],
  ['two digests', `sha1 ${DIGESTS.sha1} ${DIGESTS.sha1}`],
  ['a digest without padding', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0'],
  ['a digest in the alphabet of URLs', 'sha1 Kq5sNclPz7QV2-lfQIuc6R7oRu0='],
  ['stray bits in the digest', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu1='],
  ['a digest in hexadecimal digits', 'sha1 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed'],
  ['a digest of another algorithm', `sha1 ${DIGESTS.sha256}`],
  ['a short digest', `sha1 ${DIGESTS.md5}`],
];

type Sent = Record<string, string | string[]>;

function parse(sent: Sent, extensions: readonly TusExtension[] = ALL_EXTENSIONS) {
  return parseChecksum(fieldsOf(sent), new Set(extensions));
}

function fieldsOf(sent: Sent): Record<string, string[]> {
  return Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value].flat()]));
}

describe('the algorithms of checksums', () => {
  it('are those with digests in the table, sha1 first', () => {
    expect(CHECKSUM_ALGORITHMS).toEqual(Object.keys(DIGESTS));
    expect(CHECKSUM_ALGORITHMS[0]).toBe('sha1');
  });
});

describe('parseChecksum', () => {
  it.each(CHECKSUM_ALGORITHMS)('reads %s', (algorithm) => {
    const digest = Buffer.from(DIGESTS[algorithm], 'base64');

    expect(parse({ 'upload-checksum': `${algorithm} ${DIGESTS[algorithm]}` })).toEqual({
      algorithm,
      digest,
    });
  });

  it('has no checksum where none is announced', () => {
    expect(parse({})).toBeUndefined();
    expect(parse({}, [])).toBeUndefined();
    expect(parse({ trailer: 'Expires' })).toBeUndefined();
  });

  it.each(MALFORMED)('answers 400 to %s', (_, value) => {
    expect(refusedStatus(() => parse({ 'upload-checksum': value }))).toBe(400);
  });

  it('answers 400 to two lines, equal or not', () => {
    const [sha1, md5] = [`sha1 ${DIGESTS.sha1}`, `md5 ${DIGESTS.md5}`];
    expect(refusedStatus(() => parse({ 'upload-checksum': [sha1, sha1] }))).toBe(400);
    expect(refusedStatus(() => parse({ 'upload-checksum': [sha1, md5] }))).toBe(400);
  });

  it('names the algorithms there are to whoever asks for another', () => {
    expect(refusal(() => parse({ 'upload-checksum': 'sha3 AAAA' })).message).toContain(
      'sha1, sha256, sha512, md5, crc32',
    );
  });

  it('answers 400 to any checksum where they are not offered', () => {
    const call = () => parse({ 'upload-checksum': `sha1 ${DIGESTS.sha1}` }, ['creation']);
    expect(refusal(call)).toMatchObject({
      status: 400,
      message: expect.stringContaining('checksum is not offered'),
    });
  });

  it.each([
    'Upload-Checksum',
    'upload-checksum',
    'Expires, Upload-Checksum',
    ' Upload-Checksum ,x',
  ])('hears of a trailer announced as %j', (trailer) => {
    expect(parse({ trailer })).toBe('in-trailer');
  });

  it('hears of a trailer announced on the second of two lines', () => {
    expect(parse({ trailer: ['Expires', 'Upload-Checksum'] })).toBe('in-trailer');
  });

  it('answers 400 to a header and a trailer', () => {
    const sent = { 'upload-checksum': `sha1 ${DIGESTS.sha1}`, trailer: 'Upload-Checksum' };
    expect(refusedStatus(() => parse(sent))).toBe(400);
  });

  it('hears of no trailer where they are not offered', () => {
    const trailer = 'Upload-Checksum';
    expect(parse({ trailer }, ['checksum'])).toBeUndefined();
    expect(
      parse({ trailer, 'upload-checksum': `sha1 ${DIGESTS.sha1}` }, ['checksum']),
    ).toMatchObject({ algorithm: 'sha1' });
  });

  it('reads the digest of any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom('sha1', 'sha256', 'sha512', 'md5'),
        (bytes, algorithm) => {
          const digest = createHash(algorithm).update(bytes).digest();
          const value = `${algorithm} ${digest.toString('base64')}`;
          expect(parse({ 'upload-checksum': value })).toEqual({ algorithm, digest });
        },
      ),
    );
  });

  it('takes nothing but what it would write itself, and refuses the rest with 400', () => {
    const algorithm = fc.constantFrom(...CHECKSUM_ALGORITHMS, 'SHA1', '');
    const text = fc.oneof(fc.string(), fc.base64String(), fc.constant(DIGESTS.md5));
    fc.assert(
      fc.property(algorithm, fc.constantFrom(' ', '', '  '), text, (name, space, encoded) => {
        const value = name + space + encoded;
        const read = readOr400(value);
        if (read === 400) return;
        expect(`${read.algorithm} ${read.digest.toString('base64')}`).toBe(value);
      }),
    );
  });
});

function readOr400(value: string) {
  let checksum: ReturnType<typeof parse>;
  try {
    checksum = parse({ 'upload-checksum': value });
  } catch {
    expect(refusedStatus(() => parse({ 'upload-checksum': value }))).toBe(400);
    return 400;
  }
  if (checksum === undefined || checksum === 'in-trailer') throw new Error('Nothing was read.');
  return checksum;
}

describe('parseTrailingChecksum', () => {
  it('reads what the trailer brought', () => {
    const trailers = fieldsOf({ 'upload-checksum': `crc32 ${DIGESTS.crc32}` });
    expect(parseTrailingChecksum(trailers)).toEqual({
      algorithm: 'crc32',
      digest: Buffer.from('0d4a1185', 'hex'),
    });
  });

  it('answers 400 to a trailer that did not come', () => {
    expect(refusal(() => parseTrailingChecksum({}))).toMatchObject({
      status: 400,
      message: expect.stringContaining('missing'),
    });
  });

  it.each(MALFORMED)('answers 400 to %s', (_, value) => {
    const trailers = fieldsOf({ 'upload-checksum': value });
    expect(refusedStatus(() => parseTrailingChecksum(trailers))).toBe(400);
  });

  it('answers 400 to a trailer that came twice', () => {
    const value = `sha1 ${DIGESTS.sha1}`;
    const trailers = fieldsOf({ 'upload-checksum': [value, value] });
    expect(refusedStatus(() => parseTrailingChecksum(trailers))).toBe(400);
  });
});
