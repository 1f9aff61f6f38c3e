import {
  CHECKSUM_ALGORITHMS,
  checksumMismatch,
  parseTrailingChecksum,
  type AnnouncedChecksum,
  type ChecksumAlgorithm,
  type HeaderFields,
} from '../protocol/index.js';
import { createVerifier, type Verifier } from './verifier.js';

/**
 * Holds the bytes of one request against the checksum it announced (tus 1.0 §Checksum).
 *
 * One that comes in the trailer names its algorithm only after the bytes, so all are computed.
 */
export class BodyCheck {
  private readonly verifiers: ReadonlyMap<ChecksumAlgorithm, Verifier>;

  constructor(private readonly announced: AnnouncedChecksum) {
    const algorithms = announced === 'in-trailer' ? CHECKSUM_ALGORITHMS : [announced.algorithm];
    this.verifiers = new Map(algorithms.map((name) => [name, createVerifier(name)]));
  }

  update(chunks: readonly Uint8Array[]): void {
    for (const verifier of this.verifiers.values()) {
      for (const chunk of chunks) verifier.update(chunk);
    }
  }

  /**
   * To be called once, after the last byte.
   *
   * @param trailers the trailers of the request
   * @throws ProtocolError 460 when the bytes are others, 400 for a trailer that is missing or wrong
   */
  assertMatches(trailers: () => HeaderFields): void {
    const { announced } = this;
    const expected = announced === 'in-trailer' ? parseTrailingChecksum(trailers()) : announced;
    const actual = this.verifiers.get(expected.algorithm)?.digest();
    if (!actual?.equals(expected.digest)) throw checksumMismatch(expected);
  }
}
