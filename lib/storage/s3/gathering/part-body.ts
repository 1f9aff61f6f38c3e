import type { GatheredBytes } from './gathered-bytes.js';

/** The bytes of one request to the store: gathered ones, one after the other. */
export class PartBody {
  readonly size: number;

  constructor(private readonly pieces: readonly GatheredBytes[]) {
    this.size = pieces.reduce((total, { size }) => total + size, 0);
  }

  /** Whether some of the shared memory is free once it is sent. */
  get isInMemory(): boolean {
    return this.pieces.some(({ isInMemory }) => isInMemory);
  }

  /** All bytes as one piece, where they are few. */
  get piece(): Uint8Array | undefined {
    if (this.size === 0) return new Uint8Array();
    const filled = this.pieces.filter(({ size }) => size > 0);
    return filled.length === 1 ? filled[0]?.piece : undefined;
  }

  /** All bytes; may be called again, where a request is repeated. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (const piece of this.pieces) yield* piece.read();
  }

  async free(): Promise<void> {
    await Promise.all(this.pieces.map((piece) => piece.free()));
  }
}
