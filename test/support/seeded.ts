import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const BLOCK = 16;
const PIECE = 64 * 1024;

/** Numbers that look random and are the same for the same seed. */
export class SeededRandom {
  private drawn = 0;

  constructor(private readonly seed: number | string) {}

  /** A number from 0 up to, but not including, 1. */
  next(): number {
    const digest = createHash('sha256').update(`${this.seed}/${this.drawn++}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** A whole number from `least` up to and including `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }
}

/** A file's content that is nowhere held: any part of it can be made at any time. */
export class SeededContent {
  private readonly key: Buffer;

  constructor(
    seed: number | string,
    /** Bytes of the whole content. */
    readonly length: number,
  ) {
    this.key = createHash('sha256').update(String(seed)).digest().subarray(0, BLOCK);
  }

  /** The bytes from `start` up to, but not including, `end`. */
  bytes(start = 0, end = this.length): Buffer {
    const skipped = start % BLOCK;
    const counter = Buffer.alloc(BLOCK);
    counter.writeBigUInt64BE(BigInt((start - skipped) / BLOCK), BLOCK / 2);
    const cipher = createCipheriv('aes-128-ctr', this.key, counter);
    return cipher.update(Buffer.alloc(skipped + end - start)).subarray(skipped);
  }

  /** The same bytes as a stream. */
  stream(start = 0, end = this.length): Readable {
    return Readable.from(this.pieces(start, end), { objectMode: false });
  }

  /** The bytes from `start` on as parts of 64 KiB. */
  *pieces(start = 0, end = this.length): Generator<Buffer> {
    for (let from = start; from < end; from += PIECE) {
      yield this.bytes(from, Math.min(from + PIECE, end));
    }
  }

  /** SHA-256 of the first `end` bytes, of all unless told, in hexadecimal digits. */
  sha256(end = this.length): string {
    const hash = createHash('sha256');
    for (const piece of this.pieces(0, end)) {
      hash.update(piece);
    }
    return hash.digest('hex');
  }
}
