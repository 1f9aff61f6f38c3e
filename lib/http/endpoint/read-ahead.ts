import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';

/** Bytes in memory, which platforms cannot destroy when a client leaves: its answer is still to be kept. */
class InMemory extends Readable {
  constructor(bytes: Buffer) {
    super({ autoDestroy: false, emitClose: false });
    this.push(bytes);
    this.push(null);
  }

  override destroy(): this {
    return this;
  }
}

/**
 * Reads a file up to the limit, and gives a file of the same bytes. So a file within the limit is
 * whole even if its client leaves.
 *
 * @param limit bytes
 */
export async function readAhead(file: StreamableFile, limit: number): Promise<StreamableFile> {
  const source: unknown = file.getStream();
  if (!(source instanceof Readable)) return file;

  const chunks = source[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array | string>;
  const read: Buffer[] = [];
  let bytes = 0;
  try {
    while (bytes <= limit) {
      const { done, value } = await chunks.next();
      if (done) return likewise(file, new InMemory(Buffer.concat(read)));
      const chunk = Buffer.from(value as string);
      read.push(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    return likewise(file, Readable.from(breakingOff(read, error), { objectMode: false }));
  }
  const whole = Readable.from(joined(read, chunks), { objectMode: false });
  // Its reader may leave while the rest waits for more.
  whole.once('close', () => source.destroy());
  return likewise(file, whole);
}

function likewise(file: StreamableFile, stream: Readable): StreamableFile {
  return new StreamableFile(stream, file.options)
    .setErrorHandler(file.errorHandler)
    .setErrorLogger(file.errorLogger);
}

async function* joined(read: Buffer[], rest: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  yield* read;
  yield* rest;
}

async function* breakingOff<T>(read: readonly T[], error: unknown): AsyncGenerator<T> {
  yield* read;
  throw error;
}
