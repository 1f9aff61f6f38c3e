import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  announcedDigestField,
  formatDigest,
  wantedDigest,
} from '../../../../lib/protocol/ietf/index.js';
import { anyOf, outcome } from '../grammar.js';

const RUNS = { numRuns: 500 };

/** Algorithms by their keys (RFC 9530 §7.2), and the bytes of their digests. */
const LENGTHS = { 'sha-512': 64, 'sha-256': 32 } as const;

const algorithm = fc.constantFrom('sha-512' as const, 'sha-256' as const);
const member = fc
  .tuple(
    fc.constantFrom('sha-512', 'sha-256', 'unixsum', 'id-sha-256'),
    fc.uint8Array({ minLength: 30, maxLength: 66 }),
  )
  .map(([key, bytes]) => `${key}=:${Buffer.from(bytes).toString('base64')}:`);
const header = fc.array(member, { maxLength: 3 }).map((members) => members.join(', '));

const fieldOf = (text: string) => announcedDigestField({ 'repr-digest': [text] }, 'Repr-Digest');

describe('A digest of the IETF’s', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(algorithm, fc.uint8Array(), (key, bytes) => {
        const name = key.replace('-', '') as 'sha256';
        const digest = createHash(name).update(bytes).digest();

        const text = formatDigest(name, digest) ?? '';

        expect(text).toBe(`${key}=:${digest.toString('base64')}:`);
        expect(fieldOf(text)).toEqual({ algorithm: name, digest });
      }),
      RUNS,
    );
  });

  it('has the bytes of its algorithm, is none, or is refused with 400', () => {
    fc.assert(
      fc.property(anyOf(header), (text) => {
        const read = outcome(() => fieldOf(text));

        if (!('value' in read)) {
          expect(read.refused).toBe(400);
          return;
        }
        const { algorithm: name, digest } = read.value ?? {};
        const length = LENGTHS[name?.replace('sha', 'sha-') as 'sha-256'];
        expect(digest?.length).toBe(
          name?.startsWith('sha1') || name === 'md5' ? digest?.length : length,
        );
      }),
      RUNS,
    );
  });

  it('of the strongest algorithm counts', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), (bytes, first) => {
        const members = ['sha512', 'sha256'].map((name) =>
          formatDigest(name as 'sha256', createHash(name).update(bytes).digest()),
        );

        const text = (first ? members : [...members].reverse()).join(', ');

        expect(fieldOf(text)?.algorithm).toBe('sha512');
      }),
    );
  });
});

describe('The digest that is wanted', () => {
  it('is the one that is wanted most', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 }), fc.nat({ max: 10 }), (of512, of256) => {
        const text = `sha-256=${of256}, unixsum=10, sha-512=${of512}`;

        const wanted = wantedDigest({ 'want-repr-digest': [text] });

        const most = Math.max(of512, of256);
        if (most === 0) expect(wanted).toBeUndefined();
        else expect(wanted).toBe(of512 === most ? 'sha512' : 'sha256');
      }),
    );
  });
});
