import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import {
  S3Client,
  type CreateMultipartUploadCommandInput,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { UploadDescription } from '../../interfaces/index.js';
import { parseSize, TusOptionError } from '../../options/index.js';
import { LARGEST_PART, SMALLEST_PART } from './part-plan.js';

/**
 * What an object is created with (S3 API, `CreateMultipartUpload`), such as `ContentType`,
 * `ContentDisposition`, `Metadata`, `StorageClass`, `ServerSideEncryption` or `Tagging`.
 *
 * @publicApi
 */
export type S3ObjectOptions = Omit<
  CreateMultipartUploadCommandInput,
  'Bucket' | 'Key' | 'ChecksumAlgorithm' | 'ChecksumType'
>;

/**
 * Where in S3 uploads are kept, and how they get there.
 *
 * @publicApi
 */
export interface S3StorageOptions {
  /**
   * A client of `@aws-sdk/client-s3`, or the configuration of one. A client that was given is not
   * destroyed at the end.
   */
  readonly client: S3Client | S3ClientConfig;

  /** It must be there. */
  readonly bucket: string;

  /**
   * What the keys of objects begin with: an upload lies at `<prefix><id>`, unless a
   * `@BeforeUploadCreate()` method says where. Two apps need two. Default: `''`.
   */
  readonly prefix?: string;

  /**
   * Bytes of a part where there are as many as wanted, or a size such as `'16MB'`; at least 5 MiB.
   * Default: 8 MiB. Parts of very long uploads are larger, for there are 10,000 at most.
   */
  readonly partSize?: number | string;

  /**
   * Whether all parts but the last must have the same size, as Cloudflare's R2 wants it: what does not
   * fill one is kept as an object of its own until more comes. Default: `false`.
   */
  readonly equalParts?: boolean;

  /** How many parts of one upload are on their way at a time. Default: 3. */
  readonly concurrency?: number;

  /**
   * What the object of an upload is created with. Its content type is the one its client has declared, if
   * that runs no script in a browser, unless this says another.
   */
  readonly object?: (upload: UploadDescription) => S3ObjectOptions | Promise<S3ObjectOptions>;

  /**
   * Folder for parts there is no room for in memory; its files have no names, and are gone with their
   * process. Default: the system's for temporary files.
   */
  readonly scratch?: string;
}

/** The options of an S3 storage, checked. */
export interface ResolvedS3Options {
  readonly client: S3Client;
  /** Whether the client is to be destroyed with the storage. */
  readonly ownsClient: boolean;
  readonly bucket: string;
  readonly prefix: string;
  readonly partSize: number;
  readonly equalParts: boolean;
  readonly concurrency: number;
  readonly object?: S3StorageOptions['object'];
  readonly scratch: string;
}

const USUAL_PART = 8 * 1024 * 1024;

/** Longest key (S3 API, object key names), and the longest id. */
const LONGEST_PREFIX = 1024 - 200;

/** @throws TusOptionError */
export function resolveS3Options(options: S3StorageOptions): ResolvedS3Options {
  const { client, bucket, prefix = '', concurrency = 3, object, scratch = tmpdir() } = options;
  const { equalParts = false } = options;
  const isClient = typeof Object(client).send === 'function';
  if (typeof client !== 'object' || client === null) {
    throw wrong('client', client, 'Give an S3Client of @aws-sdk/client-s3, or its configuration.');
  }
  if (typeof bucket !== 'string' || bucket === '') {
    throw wrong('bucket', bucket, 'Give the name of the bucket.');
  }
  if (typeof prefix !== 'string' || Buffer.byteLength(prefix) > LONGEST_PREFIX) {
    throw wrong('prefix', prefix, `Give a text of ${LONGEST_PREFIX} bytes at most.`);
  }
  if (prefix.startsWith('/')) throw wrong('prefix', prefix, 'Keys of objects begin with no "/".');
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 100) {
    throw wrong('concurrency', concurrency, 'Give a whole number from 1 to 100.');
  }
  if (object !== undefined && typeof object !== 'function') {
    throw wrong('object', object, 'Give a function of the upload.');
  }
  if (typeof scratch !== 'string' || scratch === '') {
    throw wrong('scratch', scratch, 'Give the path of a folder.');
  }
  return {
    client: isClient ? (client as S3Client) : new S3Client(client as S3ClientConfig),
    ownsClient: !isClient,
    bucket,
    prefix,
    partSize: partSizeOf(options.partSize ?? USUAL_PART),
    equalParts,
    concurrency,
    object,
    scratch,
  };
}

function partSizeOf(value: number | string): number {
  const size = parseSize('storage.partSize', value);
  if (size >= SMALLEST_PART && size <= LARGEST_PART) return size;
  throw wrong('partSize', value, "Give 5 MiB at least and 5 GiB at most, such as '16MB'.");
}

/** What an option of the storage is, and what to do about it. */
export function wrong(name: string, value: unknown, remedy: string, cause?: unknown): Error {
  const isDeep = typeof value === 'object' && value !== null;
  const shown = isDeep ? inspect(value, { depth: 0, breakLength: Infinity }) : value;
  return new TusOptionError(`storage.${name}`, shown, remedy, { cause });
}
