import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageFactory } from 'nestjs-tus';
import { s3 } from 'nestjs-tus/s3';

/** `express` unless `PLATFORM` says `fastify`. */
export const platform = process.env.PLATFORM === 'fastify' ? 'fastify' : 'express';

export const port = Number(process.env.PORT ?? 3000);

/** What answers are told apart by; a container, or a pod, has a host name of its own. */
export const machine = process.env.MACHINE ?? hostname();

/** One for all machines. */
export const connectionString = process.env.DATABASE_URL;

/** On a volume that all machines mount; with a bucket, any folder of this one. */
export const tmpFileDir = process.env.TMP_FILE_DIR ?? join(tmpdir(), 'nestjs-tus-machines');

/** Bytes go to a bucket where one is named, and else to the folder. */
export const storage = process.env.S3_BUCKET ? inBucket(process.env.S3_BUCKET) : undefined;

function inBucket(bucket: string): StorageFactory {
  const { S3_ENDPOINT: endpoint, AWS_REGION: region = 'us-east-1' } = process.env;
  return s3({
    bucket,
    client: {
      region,
      // Stores other than that of AWS know no bucket by a host name, nor checksums after the bytes.
      ...(endpoint && {
        endpoint,
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      }),
    },
  });
}
