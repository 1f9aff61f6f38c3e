import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import { copyRanges } from '../copying/copy-ranges.js';
import { splitRange } from '../copying/copy-plan.js';
import { includesPart } from '../part-numbers.js';
import type { S3Part } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import type { S3State } from '../s3-state.js';

/**
 * What is to be cut out of an object of all parts that are there, for a store that leaves none out:
 * parts that do not count. They are there only when a process has died, or lost the upload, while it sent
 * them, or when they were not verified.
 *
 * @returns what the record says meanwhile
 */
export function detourOf(state: S3State, there: readonly S3Part[]): S3State {
  const numbers = state.multipart?.parts ?? [];
  const counted: [number, number][] = [];
  let size = 0;
  for (const part of there) {
    const start = size;
    size += part.size;
    if (!includesPart(numbers, part.number)) continue;
    const last = counted.at(-1);
    if (last && last[1] === start - 1) last[1] = size - 1;
    else counted.push([start, size - 1]);
  }
  return size === state.size ? state : { ...state, detour: { size, counted } };
}

/**
 * Puts what counts of the object of all parts in its place: the store copies it. May be repeated.
 *
 * @throws UploadLostError when that object is not there
 */
export async function cutOut(
  record: UploadRecord,
  state: S3State,
  context: S3Context,
): Promise<S3State> {
  const { id } = record;
  const { detour, bucket, key } = state;
  const found = await context.objects.head(state);
  if (!found || !context.isMarked(id, found)) {
    throw new UploadLostError(id, 'neither its parts nor its object are in the bucket');
  }
  const whole = { ...state, multipart: undefined, detour: undefined, etag: found.etag };
  if (found.size === state.size) return whole;
  if (found.size !== detour?.size) {
    throw new UploadLostError(id, `its object has ${found.size} bytes, not ${detour?.size}`);
  }
  const begun = { ...state, hasBegun: true };
  await context.keep(id, begun);
  const object = await context.objectOptions(record);
  const at = { bucket, key, uploadId: await context.multiparts.create(state, { object }) };
  const ranges = detour.counted.flatMap(([start = 0, end = 0]) =>
    splitRange({ start, end }).map((range) => ({ bucket, key, etag: found.etag, range })),
  );
  await copyRanges(at, ranges, context);
  const etag = await context.multiparts.complete(at, await context.multiparts.parts(at));
  return { ...whole, hasBegun: true, etag };
}
