import { LARGEST_PART } from '../part-plan.js';
import type { CopySource } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import type { S3ObjectOptions } from '../s3.options.js';
import type { S3Address } from '../s3-state.js';
import { splitRange } from './copy-plan.js';
import { copyRanges } from './copy-ranges.js';

/**
 * Has the store copy an object, in parts where it is too large for one request (S3 API, `CopyObject`).
 * Nothing is left when it fails.
 */
export async function copyObject(
  source: CopySource & { readonly size: number },
  target: S3Address,
  object: S3ObjectOptions,
  context: S3Context,
): Promise<void> {
  const { size } = source;
  if (size <= LARGEST_PART) return context.objects.copy(target, source, { object, isNew: true });
  const uploadId = await context.multiparts.create(target, { object });
  const at = { bucket: target.bucket, key: target.key, uploadId };
  try {
    const ranges = splitRange({ start: 0, end: size - 1 });
    const sources = ranges.map((range) => ({ ...source, range }));
    await copyRanges(at, sources, context);
    await context.multiparts.complete(at, await context.multiparts.parts(at), { isNew: true });
  } catch (error) {
    await context.multiparts.abort(at).catch(() => {});
    throw error;
  }
}
