import { BLOCK, type GatheringMemory } from './gathering-memory.js';
import type { ScratchFile, ScratchFolder } from './scratch-folder.js';

/** Bytes that are kept in pieces of their size: to give each small upload a block would waste most of it. */
const LOOSE = 64 * 1024;

/** What a piece of memory takes at least, whatever is in it. */
const LEAST = 512;

/** Bytes on their way to the store: in memory while there is room, else in a scratch file. */
export class GatheredBytes {
  private held = 0;
  private loose: Uint8Array[] = [];
  /** What is taken for them. */
  private looseCost = 0;
  private blocks: Buffer[] = [];
  private file?: ScratchFile;

  /** @param makeRoom waits until there may be more room in memory; returns whether it is worth to try again */
  constructor(
    private readonly memory: GatheringMemory,
    private readonly scratch: ScratchFolder,
    private readonly makeRoom: () => Promise<boolean> = () => Promise.resolve(false),
  ) {}

  get size(): number {
    return this.held;
  }

  /** Whether some of the shared memory is taken for them. */
  get isInMemory(): boolean {
    return this.looseCost > 0 || this.blocks.length > 0;
  }

  /** @throws NoSpaceError when the scratch files' disk is full; some of the chunk may be in then */
  async append(chunk: Uint8Array): Promise<void> {
    if (chunk.byteLength === 0) return;
    if (this.file) await this.file.append([chunk]);
    else if (!this.keepLoose(chunk)) await this.keepInBlocks(chunk);
    this.held += chunk.byteLength;
  }

  /** All bytes from a position on. */
  async *read(start = 0): AsyncGenerator<Uint8Array> {
    if (this.file) return yield* this.file.read(start);
    let skipped = 0;
    for (const piece of this.pieces()) {
      const from = Math.max(0, start - skipped);
      skipped += piece.byteLength;
      if (from < piece.byteLength) yield piece.subarray(from);
    }
  }

  /** All bytes as one piece, where they are few and in memory. */
  get piece(): Uint8Array | undefined {
    if (this.file || this.blocks.length > 0) return undefined;
    return this.loose.length === 1 ? this.loose[0] : Buffer.concat(this.loose);
  }

  /** Leaves so many of the bytes, which are no more than there are. */
  truncate(size: number): void {
    this.held = size;
    this.file?.truncate(size);
    if (this.file || this.blocks.length > 0) return;
    let left = size;
    this.loose = this.loose.flatMap((piece) => {
      const kept = piece.subarray(0, left);
      left -= kept.byteLength;
      return kept.byteLength > 0 ? [kept] : [];
    });
  }

  /** Lets go of everything; there are no bytes afterwards. */
  async free(): Promise<void> {
    this.held = 0;
    this.freeMemory();
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private keepLoose(chunk: Uint8Array): boolean {
    if (this.blocks.length > 0 || this.held + chunk.byteLength > LOOSE) return false;
    const cost = Math.max(chunk.byteLength, LEAST);
    if (this.looseCost + cost > 2 * LOOSE || !this.memory.take(cost)) return false;
    this.loose.push(Buffer.from(chunk));
    this.looseCost += cost;
    return true;
  }

  private async keepInBlocks(chunk: Uint8Array): Promise<void> {
    const { loose, looseCost } = this;
    this.loose = [];
    this.looseCost = 0;
    this.memory.release(looseCost);
    let position = 0;
    for (const piece of loose) {
      if (!(await this.fitIn(piece, position))) return this.spill(loose, chunk);
      position += piece.byteLength;
    }
    if (!(await this.fitIn(chunk, this.held))) return this.spill(undefined, chunk);
  }

  /** @returns whether there was room for all of it, or is by now */
  private async fitIn(chunk: Uint8Array, at: number): Promise<boolean> {
    while (!this.copyToBlocks(chunk, at)) {
      if (!(await this.makeRoom())) return false;
    }
    return true;
  }

  /** @returns whether there was room for all of it */
  private copyToBlocks(chunk: Uint8Array, at: number): boolean {
    let position = 0;
    while (position < chunk.byteLength) {
      const index = Math.floor((at + position) / BLOCK);
      const offset = (at + position) % BLOCK;
      const block = this.blocks[index] ?? this.addBlock();
      if (!block) return false;
      const step = Math.min(BLOCK - offset, chunk.byteLength - position);
      block.set(chunk.subarray(position, position + step), offset);
      position += step;
    }
    return true;
  }

  private addBlock(): Buffer | undefined {
    const block = this.memory.takeBlock();
    if (block) this.blocks.push(block);
    return block;
  }

  /** Moves all to a file; what was loose is given where not all of it went into blocks. */
  private async spill(loose: readonly Uint8Array[] | undefined, chunk: Uint8Array): Promise<void> {
    const file = await this.scratch.make();
    try {
      await file.append([...(loose ?? this.pieces()), chunk]);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.freeMemory();
    this.file = file;
  }

  private pieces(): readonly Uint8Array[] {
    if (this.blocks.length === 0) return this.loose;
    // A block more may have been taken for bytes that did not fit then.
    const filled = this.blocks.slice(0, Math.ceil(this.held / BLOCK));
    return filled.map((block, index) => block.subarray(0, this.held - index * BLOCK));
  }

  private freeMemory(): void {
    this.memory.release(this.looseCost);
    this.looseCost = 0;
    this.loose = [];
    for (const block of this.blocks) this.memory.releaseBlock(block);
    this.blocks = [];
  }
}
