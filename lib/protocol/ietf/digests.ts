import { Buffer } from 'node:buffer';
import { digestLength, type Checksum, type ChecksumAlgorithm } from '../checksum.js';
import type { HeaderFields } from '../header-fields.js';
import { dictionaryField } from './fields.js';
import { DIGEST_INVALID, ProblemError } from './problem.js';

/** The keys of digests (RFC 9530 §7.2) that can be computed, the strongest first. */
const KEYS: readonly (readonly [key: string, algorithm: ChecksumAlgorithm])[] = [
  ['sha-512', 'sha512'],
  ['sha-256', 'sha256'],
  ['sha', 'sha1'],
  ['md5', 'md5'],
];

type DigestField = 'Content-Digest' | 'Repr-Digest';

/**
 * The digest that a field announces: of several, the strongest that can be computed.
 *
 * @returns `undefined` where there is none that can be; RFC 9530 §3 lets the others be ignored
 * @throws ProblemError 400 for a field that is no dictionary, or a digest that is none of its algorithm
 */
export function announcedDigestField(
  headers: HeaderFields,
  name: DigestField,
): Checksum | undefined {
  const members = membersOf(headers, name);
  for (const [key, algorithm] of KEYS) {
    if (!members?.has(key)) continue;
    const value = members.get(key);
    const digest = value instanceof ArrayBuffer ? Buffer.from(value) : undefined;
    if (digest?.length === digestLength(algorithm)) return { algorithm, digest };
    throw invalid(`${name} must have ${digestLength(algorithm)} bytes for ${key}.`);
  }
  return undefined;
}

/**
 * The digest of the whole that a client would like to be told: of those it wants most, the strongest
 * (RFC 9530 §4).
 *
 * @throws ProblemError 400 for a field that is no dictionary
 */
export function wantedDigest(headers: HeaderFields): ChecksumAlgorithm | undefined {
  const members = membersOf(headers, 'Want-Repr-Digest');
  let wanted: ChecksumAlgorithm | undefined;
  let most = 0;
  for (const [key, algorithm] of KEYS) {
    const weight = members?.get(key);
    if (typeof weight !== 'number' || weight <= most) continue;
    most = weight;
    wanted = algorithm;
  }
  return wanted;
}

/** A digest as `Repr-Digest` has it (RFC 9530 §3); `undefined` where that has no key for it. */
export function formatDigest(algorithm: ChecksumAlgorithm, digest: Buffer): string | undefined {
  const key = KEYS.find(([, known]) => known === algorithm)?.[0];
  return key && `${key}=:${digest.toString('base64')}:`;
}

function membersOf(headers: HeaderFields, name: string): ReturnType<typeof dictionaryField> {
  try {
    return dictionaryField(headers, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`${name} is no dictionary of digests.`);
    throw error;
  }
}

function invalid(detail: string): ProblemError {
  return new ProblemError(400, detail, DIGEST_INVALID);
}
