// A floor: the SDK alone, without a server.
import { createReadStream } from 'node:fs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { takeCommands } from './commands.js';
import { settings, type BucketSettings } from './settings.js';

const { client: config, bucket: Bucket } = settings<BucketSettings>();
const client = new S3Client(config);

/** Uploads a file, in parts as large as the servers' are. */
async function upload(path: string): Promise<void> {
  const params = { Bucket, Key: 'uploaded', Body: createReadStream(path) };
  await new Upload({ client, params, partSize: 8 * 1024 * 1024 }).done();
}

/** Puts an object of so many bytes. */
async function put(size: number): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key: 'put', Body: Buffer.alloc(size, 'x') }));
}

takeCommands(0, { upload, put });
