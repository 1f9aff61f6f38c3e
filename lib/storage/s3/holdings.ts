import { isRandomId, isUploadId } from '../../protocol/index.js';
import type { Cleared, Holding } from '../storage.interface.js';
import type { S3Context } from './s3.context.js';
import type { S3Address } from './s3-state.js';

/** A multipart upload, or a remainder, that may be left over. */
export interface S3Holding extends Holding {
  readonly key: string;
  readonly uploadId?: string;
  /** When it came to be, in milliseconds since the epoch. */
  readonly at: number;
}

/** What may be left over in the bucket: nothing else there is ever listed. */
export async function* holdingsOf(context: S3Context): AsyncGenerator<S3Holding> {
  const { bucket, prefix } = context.options;
  for await (const { key, uploadId, at } of context.multiparts.list(bucket, prefix)) {
    const id = key.slice(prefix.length);
    if (key.startsWith(context.checksPrefix)) yield { name: key, key, uploadId, at };
    if (isOurs(id, prefix)) yield { name: `multipart upload of ${key}`, id, key, uploadId, at };
  }
  const remainders = context.remaindersOf();
  for await (const { key, at } of context.objects.list(bucket, remainders)) {
    const [id = ''] = key.slice(remainders.length).split('/');
    if (isUploadId(id)) yield { name: key, id, key, at };
  }
}

/** Others may have multipart uploads in the bucket; without a prefix, their keys may look like ids. */
function isOurs(id: string, prefix: string): boolean {
  return prefix === '' ? isRandomId(id) : isUploadId(id);
}

/** @returns `undefined` when it is younger than that, or gone */
export async function clearHolding(
  { key, uploadId, at }: S3Holding,
  before: number,
  context: S3Context,
): Promise<Cleared | undefined> {
  if (at >= before) return undefined;
  const { bucket } = context.options;
  const isCleared =
    uploadId === undefined
      ? await removeRemainder({ bucket, key }, context)
      : await context.multiparts.abort({ bucket, key, uploadId });
  return isCleared ? { kind: 'removed' } : undefined;
}

async function removeRemainder(at: S3Address, context: S3Context): Promise<boolean> {
  if (!(await context.objects.head(at))) return false;
  await context.objects.delete(at);
  return true;
}
