export { s3, type S3StorageFactory } from './s3.js';
export type { S3ObjectOptions, S3StorageOptions } from './s3.options.js';
export type { S3Location } from './s3-location.js';
