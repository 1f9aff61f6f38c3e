import { join } from 'node:path';
import type { LogLevel } from '@nestjs/common';
import type { PostgresOptions } from '../../../lib/backends/postgres/index.js';
import type { S3StorageOptions } from '../../../lib/storage/s3/index.js';
import type { Patience } from '../../../lib/cluster/local/index.js';
import type { PlatformName } from '../../support/platforms.js';
import type { TusOptions } from '../../support/test-app.js';

/** The folders of a server. */
export interface RunFolders {
  readonly tmpFileDir: string;
  /** Folder of a second instance, `/expiring`, whose uploads expire after 100 milliseconds. */
  readonly expiringFolder: string;
}

/** Where each instance keeps bytes in a bucket; what is no text or number is left out on the way. */
export interface BucketSettings {
  readonly uploads: S3StorageOptions;
  readonly expiring: S3StorageOptions;
}

/** What a server process is told at its start. */
export interface ServerSettings extends RunFolders {
  readonly platform: PlatformName;
  /** Where it keeps bytes; in its folders unless given. */
  readonly bucket?: BucketSettings;
  /** File to which the handler appends what happens to it. */
  readonly journal: string;
  /** Further options of the module. */
  readonly tus?: TusOptions;
  /** When another process counts as one that does not answer; as usual unless given. */
  readonly patience?: Patience;
  /** Where what is known of uploads is; in their folders unless given. */
  readonly postgres?: PostgresOptions & { readonly schema: string };
  /** What it logs to its output; errors unless given. */
  readonly logs?: LogLevel[];
}

/** What a server prints when its handler has thrown. */
export const THREW = 'threw';

/** What a server says of itself. */
export interface ServerStats {
  /** Bytes on the heap after a garbage collection. */
  readonly heap: number;
  /** Longest time the event loop was blocked since the last question, in milliseconds. */
  readonly longestDelay: number;
  /** Timers, sockets and the like that keep the event loop alive, by type. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Settings of a server that keeps everything in one folder. */
export function settingsIn(
  folder: string,
  platform: PlatformName,
  tus?: TusOptions,
): ServerSettings {
  return {
    platform,
    tmpFileDir: join(folder, 'uploads'),
    expiringFolder: join(folder, 'expiring'),
    journal: join(folder, 'journal'),
    tus,
  };
}
