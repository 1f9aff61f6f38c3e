import { FileChangedError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import { GatheredBytes } from '../gathering/gathered-bytes.js';
import { PartBody } from '../gathering/part-body.js';
import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { CopySource } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import { isMissing, isPreconditionFailed, statusOf } from '../s3.errors.js';
import type { S3State } from '../s3-state.js';
import { placeObject } from '../writing/place-object.js';
import { planCopies, type PlannedPart, type SourceRange } from './copy-plan.js';
import { forEachPart } from './copy-ranges.js';

/** A whole upload that is copied. */
interface Source extends CopySource {
  readonly id: string;
  readonly size: number;
}

type Part = PlannedPart<Source>;

/**
 * Makes an upload of others, which the store copies; only what is too small for that is read. It has its
 * object once it is completed.
 *
 * @throws FileChangedError when one of them is not what it was; the reason of the signal
 */
export async function concatenateObjects(
  record: UploadRecord,
  parts: readonly UploadRecord[],
  context: S3Context,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const sources = parts.map((part) => sourceOf(part, context));
  await Promise.all(distinct(sources).map((source) => assertSame(source, context)));
  const plan = planCopies(sources);
  const { bucket, key } = await context.addressFor(record);
  const begun = { bucket, key, size: 0, at: Date.now(), hasBegun: true };
  await context.keep(record.id, begun);
  const size = sources.reduce((total, source) => total + source.size, 0);
  const whole = { ...begun, hasBegun: undefined, size, isWhole: true };
  const [first, second] = plan;
  const isSmall = !first || (first.kind === 'sent' && !second);
  if (isSmall) return putWhole(record, whole, first?.ranges ?? [], context, signal);
  const object = await context.objectOptions(record);
  const uploadId = await context.multiparts.create(begun, { object, signal });
  const multipart = { id: uploadId, next: plan.length + 1, parts: [] };
  await context.keep(record.id, { ...begun, hasBegun: undefined, multipart });
  const at = { bucket, key, uploadId };
  await forEachPart(plan, (part, number) => makePart(at, number, part, context, signal));
  const made = { ...multipart, parts: [1, plan.length] };
  await context.keep(record.id, { ...whole, multipart: made });
}

async function putWhole(
  record: UploadRecord,
  state: S3State,
  ranges: readonly SourceRange<Source>[],
  context: S3Context,
  signal?: AbortSignal,
): Promise<void> {
  const put = (body: PartBody) => placeObject(record, state, body, context, { signal });
  const placed = await gathering(ranges, context, put, signal);
  await context.keep(record.id, { ...state, ...placed });
}

async function makePart(
  at: MultipartAddress,
  number: number,
  part: Part,
  context: S3Context,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  if (part.kind === 'sent') {
    const send = (body: PartBody) => context.multiparts.uploadPart(at, number, body, { signal });
    await gathering(part.ranges, context, send, signal);
    return;
  }
  const { source, start, end } = part.range;
  const copying = context.multiparts.copyPart(
    at,
    number,
    { ...source, range: { start, end } },
    { signal },
  );
  await explaining(source.id, copying);
}

/** Reads what is too small to be copied, for as long as it is sent. */
async function gathering<T>(
  ranges: readonly SourceRange<Source>[],
  context: S3Context,
  send: (body: PartBody) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const gathered = new GatheredBytes(context.memory, context.scratch);
  try {
    for (const range of ranges) {
      await explaining(range.source.id, gather(range, gathered, context, signal));
    }
    return await send(new PartBody([gathered]));
  } finally {
    await gathered.free();
  }
}

async function gather(
  { source, start, end }: SourceRange<Source>,
  gathered: GatheredBytes,
  context: S3Context,
  signal?: AbortSignal,
): Promise<void> {
  const { etag } = source;
  const before = gathered.size;
  for await (const chunk of context.objects.get(source, { range: { start, end }, etag, signal })) {
    await gathered.append(chunk);
  }
  if (gathered.size - before === end - start + 1) return;
  throw new FileChangedError(source.id, 'has fewer bytes');
}

function sourceOf(part: UploadRecord, context: S3Context): Source {
  const { bucket, key } = context.addressOf(part);
  const etag = context.stateOf(part)?.etag;
  return { id: part.id, bucket, key, etag, size: part.length ?? 0 };
}

function distinct(sources: readonly Source[]): readonly Source[] {
  return [...new Map(sources.map((source) => [source.id, source])).values()];
}

/** Not every store heeds what its copy of a part is to be made of. */
async function assertSame({ id, etag, size, ...at }: Source, context: S3Context): Promise<void> {
  const found = await context.objects.head(at);
  if (!found) throw new FileChangedError(id, 'is gone');
  if (etag !== undefined && found.etag !== etag) throw new FileChangedError(id, 'was replaced');
  if (found.size === size) return;
  throw new FileChangedError(id, `has ${found.size} bytes instead of ${size}`);
}

async function explaining<T>(id: string, copying: Promise<T>): Promise<T> {
  try {
    return await copying;
  } catch (error) {
    if (isMissing(error)) throw new FileChangedError(id, 'is gone');
    const isOther = isPreconditionFailed(error) || statusOf(error) === 416;
    throw isOther ? new FileChangedError(id, 'was replaced') : error;
  }
}
