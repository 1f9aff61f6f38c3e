export { s3 } from './s3.js';
export type { S3ObjectOptions, S3StorageOptions } from './s3.options.js';
