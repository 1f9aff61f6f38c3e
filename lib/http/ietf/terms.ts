import type { IetfCreation, IetfDialect } from '../../protocol/index.js';
import type { UploadTerms } from '../../registry/index.js';

/** What is agreed on with the client of a creation. */
export function termsOf(
  { wholeDigest, wanted }: IetfCreation,
  { intent, profile }: IetfDialect,
): UploadTerms {
  return {
    endsExplicitly: intent === 'plain' || profile.endsExplicitly,
    expectedHash: wholeDigest && {
      algorithm: wholeDigest.algorithm,
      hex: wholeDigest.digest.toString('hex'),
    },
    wantedHash: wanted,
  };
}
