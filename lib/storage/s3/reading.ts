import { Readable } from 'node:stream';
import { FileChangedError } from '../../errors/index.js';
import type { UploadRecord } from '../../registry/index.js';
import type { ReadOptions } from '../storage.interface.js';
import type { S3Context } from './s3.context.js';
import {
  isMissing,
  isPreconditionFailed,
  isTransient,
  statusOf,
  toStorageError,
} from './s3.errors.js';
import { goneError } from './places.js';

/** How often reading goes on after a connection was lost. */
const ATTEMPTS = 3;

/** The bytes of an upload's object, which is asked for with the first of them. */
export function readObject(
  record: UploadRecord,
  options: ReadOptions,
  context: S3Context,
): Readable {
  const ending = new AbortController();
  const stream = Readable.from(bytesOf(record, options, context, ending.signal), {
    objectMode: false,
    highWaterMark: options.blockSize,
  });
  return stream.once('close', () => ending.abort());
}

async function* bytesOf(
  record: UploadRecord,
  { start = 0, end = Infinity }: ReadOptions,
  context: S3Context,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const size = context.stateOf(record)?.size ?? record.length ?? Infinity;
  const last = Math.min(end, size - 1);
  const address = context.addressOf(record);
  const etag = record.movedTo === undefined ? context.stateOf(record)?.etag : undefined;
  let position = start;
  for (let attempt = 1; position <= last; attempt += 1) {
    const range = last === Infinity ? undefined : { start: position, end: last };
    try {
      for await (const chunk of context.objects.get(address, { range, etag, signal })) {
        position += chunk.byteLength;
        yield chunk;
      }
      if (range === undefined || position > last) return;
      throw new FileChangedError(record.id, 'has fewer bytes');
    } catch (error) {
      if (isPreconditionFailed(error)) throw new FileChangedError(record.id, 'was replaced');
      if (statusOf(error) === 416) throw new FileChangedError(record.id, 'has fewer bytes');
      if (isMissing(error)) throw goneError(record.id);
      const goesOn = range && isTransient(error) && attempt < ATTEMPTS && !signal.aborted;
      if (!goesOn) throw toStorageError(error);
    }
  }
}
