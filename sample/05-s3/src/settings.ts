import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** `express` unless `PLATFORM` says `fastify`. */
export const platform = process.env.PLATFORM === 'fastify' ? 'fastify' : 'express';

export const port = Number(process.env.PORT ?? 3000);

export const host = process.env.HOST ?? '0.0.0.0';

/** What is known of uploads; their bytes are in the bucket. */
export const tmpFileDir = process.env.TMP_FILE_DIR ?? join(tmpdir(), 'nestjs-tus-s3');

/** It must be there. */
export const bucket = process.env.S3_BUCKET ?? '';

/** How the bucket is reached; credentials come from where the SDK looks for them. */
export const client: S3ClientConfig = {
  region: process.env.AWS_REGION ?? 'us-east-1',
  // Stores other than that of AWS know no bucket by a host name, nor checksums after the bytes.
  ...(process.env.S3_ENDPOINT && {
    endpoint: process.env.S3_ENDPOINT,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }),
};
