import { FileChangedError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import { addressOfUrl, goneError, takenError, urlOf } from '../places.js';
import type { S3Object } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import { isPreconditionFailed } from '../s3.errors.js';
import type { S3Address } from '../s3-state.js';
import { copyObject } from './copy-object.js';

/**
 * Moves the object of a finished upload, never over another one: the store copies it. May be repeated.
 *
 * @throws Error `EEXIST`, FileChangedError, or RangeError for what is no URL of an object
 */
export async function moveObject(
  upload: UploadRecord,
  target: string,
  context: S3Context,
): Promise<void> {
  const { id, length } = upload;
  const source = context.addressOf(upload);
  const to = addressOfUrl(target);
  if (!to) throw new RangeError(`"${target}" is no s3://bucket/key.`);
  if (to.bucket === source.bucket && to.key === source.key) return;
  const [found, there] = await Promise.all([
    context.objects.head(source),
    context.objects.head(to),
  ]);
  const isMoved = there && context.isMarked(id, there) && there.size === (length ?? there.size);
  if (there && !isMoved) throw takenError(target);
  if (!isMoved) await copy(upload, found, to, context);
  await context.objects.delete(source);
}

async function copy(
  upload: UploadRecord,
  found: S3Object | undefined,
  to: S3Address,
  context: S3Context,
): Promise<void> {
  const { id } = upload;
  if (!found) throw goneError(id);
  if (upload.length !== undefined && found.size !== upload.length) {
    throw new FileChangedError(id, `has ${found.size} bytes instead of ${upload.length}`);
  }
  const source = { ...context.addressOf(upload), size: found.size, etag: found.etag };
  try {
    await copyObject(source, to, await context.objectOptions(upload), context);
  } catch (error) {
    throw isPreconditionFailed(error) ? takenError(urlOf(to)) : error;
  }
}
