import type { UploadRecord } from '../../registry/index.js';
import { urlOf } from './places.js';
import type { S3Context } from './s3.context.js';
import type { S3Address, S3State } from './s3-state.js';

/** Whether there may be more of an upload than its object. */
export function hasLeftovers(state: S3State): boolean {
  const { hasRemainders, hasBegun, multipart, remainder, late } = state;
  return Boolean(hasRemainders ?? hasBegun ?? multipart ?? remainder ?? late);
}

/** Leaves of an upload only what counts. */
export async function tidyUp(upload: UploadRecord, context: S3Context): Promise<void> {
  const state = context.stateOf(upload);
  // No commit of a finish says it now.
  if (upload.state === 'receiving') await context.keepNoted(upload.id);
  if (upload.state === 'receiving') return removeUncounted(upload, state, context);
  if (!state) return;
  await removeLeftovers(upload.id, state, context);
  if (state.late) await removeObjects(upload, state, context, context.addressOf(upload));
}

/**
 * Removes all of an upload; what lies where the application wanted it only if it was made of this upload.
 * What was moved stays.
 */
export async function removeAll(upload: UploadRecord, context: S3Context): Promise<void> {
  const state = context.stateOf(upload);
  if (state) await removeLeftovers(upload.id, state, context);
  const mayHaveObject = !state || state.isWhole || !state.multipart || state.late;
  if (!mayHaveObject) return;
  const moved = upload.movedTo === undefined ? undefined : context.addressOf(upload);
  await removeObjects(upload, state, context, moved);
}

/** An object that was made where the application wanted it, before the record could say so. */
async function removeUncounted(
  { id, filePath: key }: UploadRecord,
  state: S3State | undefined,
  context: S3Context,
): Promise<void> {
  if (key === undefined || state?.isWhole) return;
  await removeObject(id, { bucket: context.options.bucket, key }, context);
}

/** Removes all of an upload but its object. */
async function removeLeftovers(id: string, state: S3State, context: S3Context): Promise<void> {
  const { bucket, key, multipart, hasBegun, hasRemainders, remainder } = state;
  if (multipart) await context.multiparts.abort({ bucket, key, uploadId: multipart.id });
  if (hasBegun) await abortBegun(state, context);
  if (hasRemainders || remainder) await removeRemainders(id, bucket, context);
}

/** Aborts the multipart uploads at a key, of which the record of the upload may have no id. */
async function abortBegun({ bucket, key }: S3Address, context: S3Context): Promise<void> {
  for await (const { key: found, uploadId } of context.multiparts.list(bucket, key)) {
    if (found === key && uploadId !== undefined) {
      await context.multiparts.abort({ bucket, key, uploadId });
    }
  }
}

/** Removes the objects of an upload in all the places where one may be, but for the one that stays. */
async function removeObjects(
  { id, filePath }: UploadRecord,
  state: S3State | undefined,
  context: S3Context,
  kept?: S3Address,
): Promise<void> {
  const own = context.ownAddress(id);
  const wanted = [filePath, state?.late?.key].map(
    (key) => key !== undefined && { bucket: own.bucket, key },
  );
  const places = new Map<string, S3Address>();
  for (const place of [state, own, ...wanted]) if (place) places.set(urlOf(place), place);
  if (kept) places.delete(urlOf(kept));
  for (const place of places.values()) await removeObject(id, place, context);
}

async function removeRemainders(id: string, bucket: string, context: S3Context): Promise<void> {
  for await (const { key } of context.objects.list(bucket, context.remaindersOf(id))) {
    await context.objects.delete({ bucket, key });
  }
}

async function removeObject(id: string, place: S3Address, context: S3Context): Promise<void> {
  if (!context.isOwn(id, place)) {
    const found = await context.objects.head(place);
    if (!found || !context.isMarked(id, found)) return;
  }
  await context.objects.delete(place);
}
