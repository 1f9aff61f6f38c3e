import { createHash } from 'node:crypto';
import {
  announcedDigest,
  CHECKSUM_ALGORITHMS,
  decodeMetadata,
  digestLength,
} from '../../../lib/protocol/index.js';
import type { ChecksumAlgorithm } from '../../../lib/protocol/index.js';
import { refusal } from './refusal.js';

const DIGEST = createHash('sha256').update('hello').digest();

function read(value: string | Buffer, algorithm: ChecksumAlgorithm = 'sha256') {
  const header = `filename YQ==,sum ${Buffer.from(value).toString('base64')}`;
  return announcedDigest(decodeMetadata(header), 'sum', algorithm);
}

describe('announcedDigest', () => {
  it('has nothing to say where there is no such key', () => {
    expect(announcedDigest(decodeMetadata(undefined), 'sum', 'sha256')).toBeUndefined();
    expect(announcedDigest(decodeMetadata('Sum YQ=='), 'sum', 'sha256')).toBeUndefined();
  });

  it.each([
    ['hexadecimal digits', DIGEST.toString('hex')],
    ['upper-case hexadecimal digits', DIGEST.toString('hex').toUpperCase()],
    ['Base64', DIGEST.toString('base64')],
    ['its bytes', DIGEST],
  ])('reads %s', (_, value) => {
    expect(read(value)).toEqual(DIGEST);
  });

  it.each(CHECKSUM_ALGORITHMS)('reads a digest by %s in each form', (algorithm) => {
    const length = digestLength(algorithm);
    // All bits, no bits, and digits: bytes that could be taken for another form, if one could.
    for (const digest of [0xff, 0, 0x61].map((byte) => Buffer.alloc(length, byte))) {
      for (const value of [digest.toString('hex'), digest.toString('base64'), digest]) {
        expect(read(value, algorithm)).toEqual(digest);
      }
    }
  });

  it.each([
    '',
    'x',
    DIGEST.toString('hex').slice(1),
    `${DIGEST.toString('hex')}0`,
    `${DIGEST.toString('hex').slice(1)}g`,
    DIGEST.toString('base64url'),
    ` ${DIGEST.toString('hex')}`,
    createHash('sha1').update('hello').digest('hex'),
    'ü"\r\n',
  ])('refuses %j with 400', (value) => {
    expect(refusal(() => read(value))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Upload-Metadata: "sum" must be a sha256 digest of 32 bytes/),
    });
  });
});
