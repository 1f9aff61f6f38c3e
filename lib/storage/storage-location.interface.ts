/** Where the bytes of a finished upload are, for applications: a union that each storage joins. */
export type StorageLocation = StorageLocations[keyof StorageLocations];

/**
 * The kinds of places there are, by their type. A storage of your own adds its kind:
 * `declare module 'nestjs-tus' { interface StorageLocations { gcs: GcsLocation } }`.
 */
export interface StorageLocations {
  /** In `tmpFileDir`, or where it was moved to. */
  readonly disk: DiskLocation;
  /** In a bucket. */
  readonly s3: S3Location;
}

/** A file on a disk of this machine. */
export interface DiskLocation {
  /** Tells it from other kinds. */
  readonly type: 'disk';
  /** Absolute. */
  readonly path: string;
}

/** An object in a bucket of S3. */
export interface S3Location {
  /** Tells it from other kinds. */
  readonly type: 's3';
  /** Name of the bucket. */
  readonly bucket: string;
  /** Key of the object. */
  readonly key: string;
}

/** Where an upload's bytes are, in both ways in which applications are told. */
export interface Located {
  /** Absolute path of a file; of another storage, a URL of its own. */
  readonly path: string;
  /** The same by the kind of the storage. */
  readonly storage: StorageLocation;
}
