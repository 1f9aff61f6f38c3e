import {
  announcedDigestField,
  formatDigest,
  wantedDigest,
} from '../../../../lib/protocol/index.js';
import { refusedStatus } from '../refusal.js';

const SHA256 = 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=';

const content = (...lines: string[]) =>
  announcedDigestField({ 'content-digest': lines }, 'Content-Digest');
const wanted = (line: string) => wantedDigest({ 'want-repr-digest': [line] });

describe('announcedDigestField', () => {
  it('reads a digest, the strongest of several', () => {
    const digest = Buffer.from(SHA256, 'base64');
    expect(content(`sha-256=:${SHA256}:`)).toEqual({ algorithm: 'sha256', digest });
    expect(content('md5=:XrY7u+Ae7tCTyyK7j1rNww==:', `sha-256=:${SHA256}:`)?.algorithm).toBe(
      'sha256',
    );
  });

  it('ignores algorithms that it does not know, and absence', () => {
    expect(content('unixsum=:MTIz:')).toBeUndefined();
    expect(announcedDigestField({}, 'Content-Digest')).toBeUndefined();
  });

  it.each([
    'sha-256',
    'sha-256=5',
    'sha-256=:AAAA:',
    `sha-256=${SHA256}`,
    '=',
    `sha-256=:${SHA256}`,
  ])('answers 400 to %j', (line) => {
    expect(refusedStatus(() => content(line))).toBe(400);
  });
});

describe('wantedDigest', () => {
  it('takes what is wanted most, and of equals the strongest', () => {
    expect(wanted('sha-256=9')).toBe('sha256');
    expect(wanted('sha-256=9, sha-512=3')).toBe('sha256');
    expect(wanted('sha-256=3, sha-512=3')).toBe('sha512');
  });

  it('takes none that is not acceptable, or unknown', () => {
    expect(wanted('sha-256=0')).toBeUndefined();
    expect(wanted('unixsum=9')).toBeUndefined();
    expect(wantedDigest({})).toBeUndefined();
  });
});

describe('formatDigest', () => {
  it('writes a digest, where there is a key for it', () => {
    expect(formatDigest('sha256', Buffer.from(SHA256, 'base64'))).toBe(`sha-256=:${SHA256}:`);
    expect(formatDigest('crc32', Buffer.alloc(4))).toBeUndefined();
  });
});
