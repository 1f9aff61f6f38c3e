import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ChecksumAlgorithm } from '../../protocol/index.js';

/** Computes the checksum of bytes as they come. */
export interface Verifier {
  update(chunk: Uint8Array): void;
  /** To be called once, at the end. */
  digest(): Buffer;
  /** A copy that has come as far, to go on with bytes of its own. */
  copy(): Verifier;
}

/** The verifier of an algorithm of `Upload-Checksum`. */
export function createVerifier(algorithm: ChecksumAlgorithm): Verifier {
  return algorithm === 'crc32' ? new Crc32() : createHash(algorithm);
}

/** One for several algorithms: its digest is theirs, one after the other. */
export function createVerifiers(algorithms: readonly ChecksumAlgorithm[]): Verifier {
  const verifiers = algorithms.map(createVerifier);
  const [first] = verifiers;
  return first && verifiers.length === 1 ? first : new Several(verifiers);
}

class Several implements Verifier {
  constructor(private readonly verifiers: readonly Verifier[]) {}

  update(chunk: Uint8Array): void {
    for (const verifier of this.verifiers) verifier.update(chunk);
  }

  copy(): Verifier {
    return new Several(this.verifiers.map((verifier) => verifier.copy()));
  }

  digest(): Buffer {
    return Buffer.concat(this.verifiers.map((verifier) => verifier.digest()));
  }
}

class Crc32 implements Verifier {
  private value = 0;

  update(chunk: Uint8Array): void {
    this.value = crc32(chunk, this.value);
  }

  copy(): Verifier {
    const copy = new Crc32();
    copy.value = this.value;
    return copy;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.value);
    return digest;
  }
}
