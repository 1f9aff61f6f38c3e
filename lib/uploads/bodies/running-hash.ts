import type { Readable } from 'node:stream';
import type { ByteRange } from '../../storage/index.js';
import type { Verifier } from './verifier.js';

/** How far a hash had come. */
interface Mark {
  readonly verifier: Verifier;
  readonly position: number;
}

/** What a hash is made of. */
export interface HashSource {
  /** Begins the hash of a file. */
  begin(): Verifier;
  /** The bytes that are stored. */
  read(range: Required<ByteRange>): Readable;
  /** Whether they can be read before all of them are there. */
  readonly readsAhead: boolean;
}

/**
 * The hash of one upload's bytes, as far as it has come.
 *
 * Bytes are hashed as they come if all bytes before them were. Else they are read back from the
 * storage, a block at a time, in the background.
 */
export class RunningHash {
  private verifier: Verifier;
  /** Bytes hashed. */
  private position = 0;
  /** Bytes that can be read. */
  private stored = 0;
  /** How far it had come before bytes that may not count. */
  private mark?: Mark;
  private reading?: Promise<void>;
  private isPaused = false;

  constructor(private readonly source: HashSource) {
    this.verifier = source.begin();
  }

  /** Says that bytes are going to be added to the stored ones. */
  resume(stored: number): void {
    if (this.position > stored) this.startAnew();
    this.mark = { verifier: this.verifier.copy(), position: this.position };
    this.isPaused = false;
    this.advance(stored);
  }

  /** Takes bytes that begin at a position, if it has all that are before them. */
  update(chunks: readonly Uint8Array[], start: number): void {
    if (this.position !== start) return;
    for (const chunk of chunks) this.add(chunk);
  }

  /** Says how many bytes are stored by now. */
  advance(stored: number): void {
    this.stored = stored;
    // If it cannot be read now, it is read, or fails, when the digest is asked for.
    if (this.source.readsAhead && this.position < stored) this.catchUp().catch(() => undefined);
  }

  /** Rests until more bytes come; those after the first `stored` ones did not count. */
  async pause(stored: number): Promise<void> {
    this.isPaused = true;
    await this.reading?.catch(() => undefined);
    if (this.position > stored) this.rewind(stored);
    this.mark = undefined;
  }

  /**
   * The digest of all bytes that are stored; may be asked for again.
   *
   * @throws Error of the storage
   */
  async digest(stored: number): Promise<Buffer> {
    this.stored = stored;
    this.isPaused = false;
    if (this.position > stored) this.startAnew();
    while (this.position < stored) await this.catchUp();
    return this.verifier.copy().digest();
  }

  private add(chunk: Uint8Array): void {
    this.verifier.update(chunk);
    this.position += chunk.length;
  }

  private rewind(stored: number): void {
    const { mark } = this;
    if (!mark || mark.position > stored) return this.startAnew();
    this.verifier = mark.verifier;
    this.position = mark.position;
  }

  private startAnew(): void {
    this.verifier = this.source.begin();
    this.position = 0;
  }

  private catchUp(): Promise<void> {
    this.reading ??= this.readOn().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readOn(): Promise<void> {
    while (this.position < this.stored && !this.isPaused) {
      const { position, stored } = this;
      for await (const chunk of this.source.read({ start: position, end: stored - 1 })) {
        this.add(chunk as Uint8Array);
        if (this.isPaused) break;
      }
      if (this.position === position) throw new Error('Bytes of the upload are missing.');
    }
  }
}
