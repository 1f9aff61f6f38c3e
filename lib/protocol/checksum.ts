import type { Buffer } from 'node:buffer';
import { decodeBase64 } from './base64.js';
import type { TusExtension } from './extensions.js';
import { joined, single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';

/** Bytes of each algorithm's digest; the names are those of `Upload-Checksum`. */
const DIGEST_LENGTHS = { sha1: 20, sha256: 32, sha512: 64, md5: 16, crc32: 4 } as const;

/** An algorithm of `Upload-Checksum`. */
export type ChecksumAlgorithm = keyof typeof DIGEST_LENGTHS;

/** The algorithms, most common first; `sha1` must be among them (tus 1.0 §Checksum). */
export const CHECKSUM_ALGORITHMS = Object.keys(DIGEST_LENGTHS) as readonly ChecksumAlgorithm[];

/** Bytes of an algorithm's digest. */
export function digestLength(algorithm: ChecksumAlgorithm): number {
  return DIGEST_LENGTHS[algorithm];
}

/** What the bytes of a request must hash to. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly digest: Buffer;
}

/** A checksum as far as a request's head tells: itself, or that the trailer will tell it. */
export type AnnouncedChecksum = Checksum | 'in-trailer';

/**
 * Reads the checksum a request announces (tus 1.0 §Checksum).
 *
 * @returns `undefined` when it announces none
 * @throws ProtocolError 400 for an unknown algorithm, a digest that is none of its algorithm's, one
 *   announced twice, or where checksums are not offered, for it would not be verified.
 */
export function parseChecksum(
  headers: HeaderFields,
  extensions: ReadonlySet<TusExtension>,
): AnnouncedChecksum | undefined {
  const value = single(headers, 'Upload-Checksum');
  const trailing = extensions.has('checksum-trailer') && promisesTrailer(headers);
  if (value === undefined) return trailing ? 'in-trailer' : undefined;
  if (!extensions.has('checksum')) {
    throw new ProtocolError(400, 'Upload-Checksum is not accepted: checksum is not offered.');
  }
  if (trailing) {
    throw new ProtocolError(
      400,
      'Upload-Checksum must be sent as a header or a trailer, not both.',
    );
  }
  return parseValue(value);
}

/**
 * Reads the checksum that a trailer was to bring.
 *
 * @throws ProtocolError 400 when it did not, or it is wrong
 */
export function parseTrailingChecksum(trailers: HeaderFields): Checksum {
  const value = single(trailers, 'Upload-Checksum');
  if (value !== undefined) return parseValue(value);
  throw new ProtocolError(400, 'The trailer Upload-Checksum was announced, but is missing.');
}

function promisesTrailer(headers: HeaderFields): boolean {
  const names = joined(headers, 'Trailer')?.split(',') ?? [];
  return names.some((name) => name.trim().toLowerCase() === 'upload-checksum');
}

function parseValue(value: string): Checksum {
  const [name = '', encoded = '', ...rest] = value.split(' ');
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (!algorithm) {
    const known = CHECKSUM_ALGORITHMS.join(', ');
    throw new ProtocolError(400, `Upload-Checksum must be by one of ${known}: ${quote(value)}.`);
  }
  const digest = rest.length === 0 ? decodeBase64(encoded) : undefined;
  if (digest?.length === DIGEST_LENGTHS[algorithm]) return { algorithm, digest };
  throw new ProtocolError(
    400,
    `Upload-Checksum must be an algorithm, a space and a digest of ` +
      `${DIGEST_LENGTHS[algorithm]} bytes in Base64: ${quote(value)}.`,
  );
}
