import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { TusModuleOptions } from '../../../lib/index.js';

/** A bucket, and how it is reached. */
export interface BucketSettings {
  readonly client: S3ClientConfig;
  readonly bucket: string;
}

/** A database, and the schema in it that records are kept in. */
export type DatabaseSettings = Readonly<Record<'connectionString' | 'schema', string>>;

/** What a server of this library is told at its start. */
export interface OurSettings {
  readonly platform: 'express' | 'fastify';
  readonly tus: TusModuleOptions;
  /** Where it keeps bytes; in its folder unless given. */
  readonly s3?: BucketSettings;
  /** Where it keeps records; in its folder unless given. */
  readonly postgres?: DatabaseSettings;
  /** Whether the app has a handler of finished uploads. */
  readonly isHandled?: boolean;
}

/** What handlers were called for since it was asked last. */
export interface Delivered {
  /** The longest time between the finish of an upload and the call, in milliseconds. */
  readonly oldest: number;
}

/** What every other server is told at its start. */
export interface FolderSettings {
  readonly folder: string;
  /** Milliseconds after which an unfinished upload expires; left out, it never does. */
  readonly expireAfter?: number;
}

/** Uploads to put into a store without the way over HTTP. */
export interface Filling {
  /** Begun now. */
  readonly unexpired: number;
  /** Begun long ago, with 4 KiB each. */
  readonly expired: number;
}

/** What a cleanup pass did. */
export interface CleanupResult {
  readonly milliseconds: number;
  readonly removed: number;
}

/** The settings a server script was started with. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}
