/** Bytes of the blocks that gathered bytes are kept in. */
export const BLOCK = 256 * 1024;

/** Bytes that all uploads of a storage gather in memory together; what is more goes to files. */
const MARK = 24 * 1024 * 1024;

/** The memory that uploads share for bytes which are to be sent. */
export class GatheringMemory {
  /** Blocks for the next upload: as garbage they cost more than all else of a part. */
  private readonly free: Buffer[] = [];
  private held = 0;

  constructor(private readonly mark = MARK) {}

  /** Bytes that are held now. */
  get size(): number {
    return this.held;
  }

  /** Takes room for bytes that are in memory already, unless there is none. */
  take(bytes: number): boolean {
    if (this.held + bytes > this.mark) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }

  /** A block, unless there is no room for one. */
  takeBlock(): Buffer | undefined {
    if (!this.take(BLOCK)) return undefined;
    return this.free.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
  }

  releaseBlock(block: Buffer): void {
    this.release(BLOCK);
    this.free.push(block);
  }
}
