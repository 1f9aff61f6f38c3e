import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import type { PartBody } from '../gathering/part-body.js';
import type { PlaceTerms, RequestOptions } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import { isMissing, isPreconditionFailed } from '../s3.errors.js';
import type { S3Address } from '../s3-state.js';

/** How often a place is looked at again that has changed meanwhile. */
const ATTEMPTS = 5;

/** Where an object is, and what tells it from others. */
export interface PlacedObject extends S3Address {
  readonly etag?: string;
}

/**
 * Puts the object of an upload in its place, over nothing but what an earlier attempt has left there: what
 * of this request comes too late takes the place of nothing.
 *
 * @returns where it is: under its id, where the place that is wanted was taken
 * @throws UploadLostError when another object lies under its id
 */
export async function placeObject(
  record: UploadRecord,
  wanted: S3Address,
  body: PartBody,
  context: S3Context,
  { signal }: RequestOptions = {},
): Promise<PlacedObject> {
  const object = await context.objectOptions(record);
  let address = wanted;
  let terms: PlaceTerms | undefined = { isNew: true };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const etag = await context.objects.put(address, body, { object, signal, ...terms });
      return { bucket: address.bucket, key: address.key, etag };
    } catch (error) {
      const hasChanged = isPreconditionFailed(error) || (!terms.isNew && isMissing(error));
      if (!hasChanged || attempt === ATTEMPTS) throw error;
    }
    terms = await termsOf(record, address, context);
    if (terms) continue;
    address = elsewhere(record, address, context);
    terms = { isNew: true };
  }
}

/**
 * What the object of an upload may take the place of now: of what was made of the same upload, by an
 * attempt before, or a process that was fenced.
 *
 * @returns `undefined` when the place is another's
 */
export async function termsOf(
  { id }: UploadRecord,
  place: S3Address,
  context: S3Context,
): Promise<PlaceTerms | undefined> {
  const found = await context.objects.head(place);
  if (!found) return { isNew: true };
  return context.isMarked(id, found) ? { replaces: found.etag } : undefined;
}

/** @throws UploadLostError when there is no other place */
function elsewhere({ id }: UploadRecord, { bucket, key }: S3Address, context: S3Context) {
  if (!context.isOwn(id, { bucket, key })) return context.ownAddress(id);
  throw new UploadLostError(id, `another object lies at "${key}"`);
}
