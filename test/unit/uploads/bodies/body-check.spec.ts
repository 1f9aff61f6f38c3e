import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ChecksumMismatchError } from '../../../../lib/uploads/model/append.errors.js';
import { BodyCheck } from '../../../../lib/uploads/bodies/body-check.js';
import { CHECKSUM_ALGORITHMS } from '../../../../lib/protocol/index.js';
import type { ChecksumAlgorithm } from '../../../../lib/protocol/index.js';

const BYTES = Buffer.from('hello world');

/** Of `hello world`, in hexadecimal digits. */
const DIGESTS: Record<ChecksumAlgorithm, string> = {
  sha1: '2aae6c35c94fcfb415dbe95f408b9ce91ee846ed',
  sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  sha512:
    '309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f' +
    '989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f',
  md5: '5eb63bbbe01eeed093cb22bb8f5acdc3',
  crc32: '0d4a1185',
};

/** Of nothing. */
const EMPTY: Partial<Record<ChecksumAlgorithm, string>> = {
  sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  crc32: '00000000',
};

function checkFor(algorithm: ChecksumAlgorithm, hex = DIGESTS[algorithm]): BodyCheck {
  const told = { algorithm, digest: Buffer.from(hex, 'hex') };
  return new BodyCheck({ algorithms: [algorithm], told: () => told });
}

/** One whose algorithm is told after the bytes only. */
function lateCheckFor(algorithm: ChecksumAlgorithm): BodyCheck {
  const told = { algorithm, digest: Buffer.from(DIGESTS[algorithm], 'hex') };
  return new BodyCheck({ algorithms: CHECKSUM_ALGORITHMS, told: () => told });
}

describe('BodyCheck', () => {
  it.each(CHECKSUM_ALGORITHMS)('lets the right bytes pass, by %s', (algorithm) => {
    const check = checkFor(algorithm);

    check.update([BYTES.subarray(0, 3), BYTES.subarray(3, 3)]);
    check.update([]);
    check.update([BYTES.subarray(3)]);

    expect(() => check.assertMatches()).not.toThrow();
  });

  it.each(CHECKSUM_ALGORITHMS)('refuses other bytes, by %s', (algorithm) => {
    const wrong = [[], [BYTES.subarray(1)], [BYTES, BYTES], [Buffer.from('hello worle')]];

    for (const chunks of wrong) {
      const check = checkFor(algorithm);
      check.update(chunks);
      expect(() => check.assertMatches()).toThrow(ChecksumMismatchError);
    }
  });

  it('refuses the right bytes in another order', () => {
    const check = checkFor('sha1');
    check.update([BYTES.subarray(5), BYTES.subarray(0, 5)]);

    expect(() => check.assertMatches()).toThrow(/sha1/);
  });

  it.each(Object.entries(EMPTY))('knows the %s of no bytes at all', (algorithm, hex) => {
    const check = checkFor(algorithm as ChecksumAlgorithm, hex);

    expect(() => check.assertMatches()).not.toThrow();
  });

  it.each(CHECKSUM_ALGORITHMS)('holds the bytes against %s that is told late', (algorithm) => {
    const [right, wrong] = [lateCheckFor(algorithm), lateCheckFor(algorithm)];
    right.update([BYTES]);
    wrong.update([BYTES.subarray(1)]);

    expect(() => right.assertMatches()).not.toThrow();
    expect(() => wrong.assertMatches()).toThrow(ChecksumMismatchError);
  });

  it('passes on why it was not told', () => {
    const told = () => {
      throw new RangeError('The trailer did not come.');
    };
    const check = new BodyCheck({ algorithms: CHECKSUM_ALGORITHMS, told });
    check.update([BYTES]);
    expect(() => check.assertMatches()).toThrow(RangeError);
  });

  it('comes to the same result however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (chunks) => {
        const digest = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
        const check = checkFor('sha256', digest);
        for (const chunk of chunks) check.update([chunk]);
        expect(() => check.assertMatches()).not.toThrow();
      }),
    );
  });
});
