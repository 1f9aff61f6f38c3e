import type { BodyInfo } from '../body-info.js';
import type { Checksum, ChecksumAlgorithm } from '../checksum.js';
import type { HeaderFields } from '../header-fields.js';
import { completenessOf, type IetfDialect } from './dialect.js';
import { announcedDigestField, wantedDigest } from './digests.js';
import { countField } from './fields.js';
import { INCONSISTENT_LENGTH, ProblemError } from './problem.js';
import { representationMetadata } from './representation.js';

/** What a creation asks for. */
export interface IetfCreation {
  /** Whether nothing follows its body. */
  readonly isLast: boolean;
  /** Bytes the upload will have; absent while its client has not said so. */
  readonly length?: number;
  /** What is known of the file, as `Upload-Metadata` has it. */
  readonly metadata?: string;
  /** What the body must hash to. */
  readonly digest?: Checksum;
  /** What the whole must hash to. */
  readonly wholeDigest?: Checksum;
  /** By what the whole is to be hashed, to be told. */
  readonly wanted?: ChecksumAlgorithm;
}

/**
 * Reads the head of a creation (draft §Upload Creation), or of a request that is an upload of its own.
 *
 * @throws ProblemError 400 for a version that is not spoken, lengths that do not go together, or a digest
 *   that is none
 * @throws ProtocolError 400 for `Upload-Metadata` that is malformed
 */
export function parseIetfCreation(
  headers: HeaderFields,
  body: BodyInfo,
  { intent, profile, isUnsupported }: IetfDialect,
): IetfCreation {
  const isPlain = intent === 'plain';
  const isLast = isPlain || completenessOf(headers, profile) === true;
  if (isUnsupported && !isLast) {
    throw new ProblemError(400, 'The interop version is not spoken here, so nothing can follow.');
  }
  const coming = comingBytes(body);
  const declared = isPlain ? undefined : countField(headers, 'Upload-Length');
  assertConsistent(declared, coming, isLast);
  return {
    isLast,
    length: declared ?? (isLast ? coming : undefined),
    metadata: representationMetadata(headers),
    digest: announcedDigestField(headers, 'Content-Digest'),
    wholeDigest: announcedDigestField(headers, 'Repr-Digest'),
    wanted: wantedDigest(headers),
  };
}

/** Bytes that a request's head announces; `undefined` where it does not say. */
export function comingBytes(body: BodyInfo): number | undefined {
  return body.present ? body.length : 0;
}

function assertConsistent(declared = -1, coming = -1, isLast: boolean): void {
  if (declared < 0 || coming < 0) return;
  if (isLast ? declared === coming : declared >= coming) return;
  const told = `The length is ${declared} bytes; the body has ${coming}`;
  throw new ProblemError(400, `${told}.`, INCONSISTENT_LENGTH);
}
