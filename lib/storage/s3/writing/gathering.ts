import { GatheredBytes } from '../gathering/gathered-bytes.js';
import { PartBody } from '../gathering/part-body.js';
import { LARGEST_PART, smallestPart, usualPart, type PartOutlook } from '../part-plan.js';
import type { S3Context } from '../s3.context.js';

/** How large parts are, where an upload stands now. */
interface PartBounds {
  /** Fewer bytes make no part, unless they are the last. */
  readonly least: number;
  readonly usual: number;
}

/**
 * The bytes of an upload that are in no part yet: one part that is full, or nearly, and what comes after
 * it. The first is sent once what follows is announced to be a part too, or could be one, so that nothing is
 * left over that could not.
 */
export class Gathering {
  private first: GatheredBytes;
  private second: GatheredBytes;

  /** @param makeRoom waits until there may be more room in memory; returns whether it is worth to try again */
  constructor(
    private readonly context: S3Context,
    private readonly makeRoom: () => Promise<boolean>,
  ) {
    this.first = this.make();
    this.second = this.make();
  }

  get size(): number {
    return this.first.size + this.second.size;
  }

  /**
   * Adds as much of the bytes as belongs to the part that is gathered.
   *
   * @returns how many that were
   */
  async add(chunk: Uint8Array, outlook: PartOutlook): Promise<number> {
    const { usual } = this.boundsOf(outlook);
    const piece = this.isFull(usual) ? this.second : this.first;
    const taken = chunk.subarray(0, usual - piece.size);
    await piece.append(taken);
    return taken.byteLength;
  }

  /**
   * A part that can be sent while more comes, if there is one.
   *
   * @param coming bytes that are announced and were not added yet
   */
  takeReady(outlook: PartOutlook, coming: number): PartBody | undefined {
    const { equalParts } = this.context.options;
    const { least, usual } = this.boundsOf(outlook);
    const following = this.second.size + coming;
    const isReady = this.isFull(usual) && following >= (equalParts ? 1 : least);
    return isReady ? this.takeFirst() : undefined;
  }

  /**
   * A part of what is left, at the end of a request, if it makes one.
   *
   * @param isLast whether nothing follows, so that any size does
   */
  takeRest(outlook: PartOutlook, isLast: boolean): PartBody | undefined {
    if (this.size === 0) return undefined;
    if (this.size > LARGEST_PART) return this.takeFirst();
    return isLast || this.size >= this.boundsOf(outlook).least ? this.takeAll() : undefined;
  }

  /** All bytes, which stay. */
  get body(): PartBody {
    return new PartBody([this.first, this.second]);
  }

  /** The first bytes. */
  async start(most: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.body.read()) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= most) break;
    }
    return Buffer.concat(chunks).subarray(0, most);
  }

  /** Leaves so many of the bytes. */
  truncate(size: number): void {
    this.second.truncate(Math.max(0, size - this.first.size));
    this.first.truncate(Math.min(size, this.first.size));
  }

  async clear(): Promise<void> {
    await this.body.free();
  }

  private isFull(usual: number): boolean {
    return this.first.size >= usual || this.second.size > 0;
  }

  private boundsOf(outlook: PartOutlook): PartBounds {
    const { partSize, equalParts } = this.context.options;
    const usual = equalParts ? partSize : usualPart(outlook, partSize);
    return { usual, least: equalParts ? partSize : smallestPart(outlook) };
  }

  private takeFirst(): PartBody {
    const body = new PartBody([this.first]);
    this.first = this.second;
    this.second = this.make();
    return body;
  }

  private takeAll(): PartBody {
    const { body } = this;
    this.first = this.make();
    this.second = this.make();
    return body;
  }

  private make(): GatheredBytes {
    return new GatheredBytes(this.context.memory, this.context.scratch, this.makeRoom);
  }
}
