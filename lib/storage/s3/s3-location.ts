/**
 * An object in a bucket.
 *
 * @publicApi
 */
export interface S3Location {
  readonly type: 's3';
  readonly bucket: string;
  readonly key: string;
}
