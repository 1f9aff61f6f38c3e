import type { Checksum, ChecksumAlgorithm } from '../../protocol/index.js';
import { ChecksumMismatchError } from '../model/append.errors.js';
import { createVerifier, type Verifier } from './verifier.js';

/** What the bytes of a request must hash to. */
export interface ExpectedChecksum {
  /**
   * Algorithms that it may be by: a checksum that comes after the bytes names its own only then.
   */
  readonly algorithms: readonly ChecksumAlgorithm[];
  /** Tells it, once the last byte has come; throws when the request did not say it. */
  told(): Checksum;
}

/** Holds the bytes of one request against the checksum it announced (tus 1.0 §Checksum). */
export class BodyCheck {
  private readonly verifiers: ReadonlyMap<ChecksumAlgorithm, Verifier>;

  constructor(private readonly expected: ExpectedChecksum) {
    this.verifiers = new Map(expected.algorithms.map((name) => [name, createVerifier(name)]));
  }

  update(chunks: readonly Uint8Array[]): void {
    for (const verifier of this.verifiers.values()) {
      for (const chunk of chunks) verifier.update(chunk);
    }
  }

  /**
   * To be called once, after the last byte.
   *
   * @throws ChecksumMismatchError when the bytes are others; what `told()` throws
   */
  assertMatches(): void {
    const { algorithm, digest } = this.expected.told();
    const actual = this.verifiers.get(algorithm)?.digest();
    if (!actual?.equals(digest)) throw new ChecksumMismatchError(algorithm);
  }
}
