import type { StorageFactory } from '../../interfaces/index.js';
import { resolveS3Options, type S3StorageOptions } from './s3.options.js';
import { S3Storage } from './s3.storage.js';

/**
 * Keeps uploads in a bucket of Amazon S3, or of a store that speaks its API, for the `storage` option:
 * `storage: s3({ client: { region: 'eu-central-1' }, bucket: 'uploads' })`.
 *
 * @throws TusOptionError when an option cannot be used
 * @publicApi
 */
export function s3(options: S3StorageOptions): StorageFactory {
  const resolved = resolveS3Options(options);
  return { create: (context) => new S3Storage(resolved, context) };
}
