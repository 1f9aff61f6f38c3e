import type { UploadRecord } from '../../registry/index.js';
import type { S3Context } from './s3.context.js';
import type { S3Address, S3State } from './s3-state.js';

/** Whether there may be more of an upload than its object. */
export function hasLeftovers({ hasRemainders, hasBegun, multipart, remainder }: S3State): boolean {
  return Boolean(hasRemainders ?? hasBegun ?? multipart ?? remainder);
}

/** Removes all of an upload but its object. */
export async function removeLeftovers(
  id: string,
  state: S3State,
  context: S3Context,
): Promise<void> {
  const { bucket, key, multipart, hasBegun, hasRemainders, remainder } = state;
  if (multipart) await context.multiparts.abort({ bucket, key, uploadId: multipart.id });
  if (hasBegun) await abortBegun(state, context);
  if (hasRemainders || remainder) await removeRemainders(id, bucket, context);
}

/**
 * Removes all of an upload; what lies where the application wanted it, or was moved, only if it was made
 * of this upload, and is where it was put.
 */
export async function removeAll(upload: UploadRecord, context: S3Context): Promise<void> {
  const { id, filePath } = upload;
  const state = context.stateOf(upload);
  if (state) await removeLeftovers(id, state, context);
  const mayHaveObject = !state || state.isWhole || !state.multipart;
  if (!mayHaveObject) return;
  const own = context.ownAddress(id);
  const wanted = filePath === undefined ? undefined : { bucket: own.bucket, key: filePath };
  for (const place of unique([state, own, wanted])) await removeObject(id, place, context);
}

/** Aborts the multipart uploads at a key, of which the record of the upload may have no id. */
export async function abortBegun({ bucket, key }: S3Address, context: S3Context): Promise<void> {
  for await (const { key: found, uploadId } of context.multiparts.list(bucket, key)) {
    if (found === key && uploadId !== undefined) {
      await context.multiparts.abort({ bucket, key, uploadId });
    }
  }
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

function unique(places: readonly (S3Address | undefined)[]): readonly S3Address[] {
  const byName = new Map<string, S3Address>();
  for (const place of places) if (place) byName.set(`${place.bucket}/${place.key}`, place);
  return [...byName.values()];
}
