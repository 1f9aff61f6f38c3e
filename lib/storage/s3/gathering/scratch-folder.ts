import { randomBytes } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { NoSpaceError } from '../../../errors/index.js';
import { isNoSpace } from '../../../file-system/index.js';

/** Bytes read at a time. */
const STEP = 64 * 1024;

/** Where bytes go that there is no room for in memory. */
export class ScratchFolder {
  constructor(readonly path: string) {}

  /** @throws Error of the file system when it cannot be made, or not be written to */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const file = await this.make();
    try {
      await file.append([Buffer.from('x')]);
    } finally {
      await file.close();
    }
  }

  /** A file that has no name any more, so that it goes with its process, whatever becomes of that. */
  async make(): Promise<ScratchFile> {
    const path = join(this.path, `nestjs-tus-${randomBytes(12).toString('hex')}`);
    const handle = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      return new ScratchFile(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** Bytes on the local disk for as long as they are not in the store. */
export class ScratchFile {
  private held = 0;

  constructor(private readonly handle: FileHandle) {}

  get size(): number {
    return this.held;
  }

  /** @throws NoSpaceError */
  async append(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      for (const chunk of chunks) await this.write(chunk);
    } catch (error) {
      throw isNoSpace(error) ? new NoSpaceError({ cause: error }) : error;
    }
  }

  /** What comes next is written over the others. */
  truncate(size: number): void {
    this.held = size;
  }

  async *read(start = 0, end = this.held): AsyncGenerator<Buffer> {
    let position = start;
    while (position < end) {
      const block = Buffer.allocUnsafeSlow(Math.min(STEP, end - position));
      const { bytesRead } = await this.handle.read(block, 0, block.length, position);
      if (bytesRead === 0) throw new Error('A scratch file has lost bytes.');
      position += bytesRead;
      yield block.subarray(0, bytesRead);
    }
  }

  /** Nothing happens when it was closed. */
  close(): Promise<void> {
    return this.handle.close();
  }

  private async write(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.byteLength) {
      const left = chunk.byteLength - written;
      const { bytesWritten } = await this.handle.write(chunk, written, left, this.held);
      written += bytesWritten;
      this.held += bytesWritten;
    }
  }
}
