import type { UploadStorage } from '../storage.interface.js';
import type { S3Surroundings } from './s3.context.js';
import { resolveS3Options, type S3StorageOptions } from './s3.options.js';
import { S3Storage } from './s3.storage.js';

/** Makes the storage of an app. */
export interface S3StorageFactory {
  createStorage(surroundings: S3Surroundings): UploadStorage;
}

/**
 * Keeps uploads in a bucket of Amazon S3, or of a store that speaks its API:
 * `TusModule.forRoot({ storage: s3({ client, bucket: 'uploads' }) })`.
 *
 * @throws TusOptionError when an option cannot be used
 * @publicApi
 */
export function s3(options: S3StorageOptions): S3StorageFactory {
  const resolved = resolveS3Options(options);
  return { createStorage: (surroundings) => new S3Storage(resolved, surroundings) };
}
