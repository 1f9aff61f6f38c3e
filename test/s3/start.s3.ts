import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { startApp, makeTempFolder, removeTempFolder } from '../support/index.js';
import { s3, type S3StorageOptions } from '../../lib/storage/s3/index.js';
import { storeConfig, TestBucket } from '../support/s3/store.js';

let bucket: TestBucket;

beforeAll(async () => {
  bucket = new TestBucket();
  await bucket.make();
});

afterAll(() => bucket.remove());

/** Starts an app, and tells why it did not. */
async function fault(options: Partial<S3StorageOptions>): Promise<string> {
  const storage = s3({ client: storeConfig(), bucket: bucket.name, ...options });
  try {
    await (await startApp({ platform: 'express', tus: { storage } })).close();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It has started.');
}

const client = (changes: S3ClientConfig) => ({ client: storeConfig(changes) });

describe('a start of an app with its uploads in S3', () => {
  it('leaves nothing in the bucket', async () => {
    const storage = s3({ client: storeConfig(), bucket: bucket.name });
    await (await startApp({ platform: 'express', tus: { storage } })).close();
    expect(await bucket.all()).toEqual([]);
  });

  it('says that there is no such bucket', async () => {
    const message = await fault({ bucket: 'no-such-bucket' });
    expect(message).toContain('"storage.bucket" cannot be \'no-such-bucket\'');
    expect(message).toContain('make it, or name another');
  });

  it.each([
    ['an unknown key', { accessKeyId: 'nobody', secretAccessKey: 'x' }],
    ['a wrong secret', { accessKeyId: 'test', secretAccessKey: 'wrong' }],
  ])('says that the store does not take %s', async (_name, credentials) => {
    const message = await fault(client({ credentials }));
    expect(message).toContain('"storage.client"');
    expect(message).toContain('takes no such credentials');
    expect(message).not.toContain(credentials.secretAccessKey + "'");
  });

  it('says that the store is not reached', async () => {
    const message = await fault(client({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }));
    expect(message).toContain('ECONNREFUSED');
  });

  it('says how bytes are to be sent to a store that knows no checksums after them', async () => {
    const message = await fault(client({ requestChecksumCalculation: 'WHEN_SUPPORTED' }));
    expect(message).toContain("requestChecksumCalculation: 'WHEN_REQUIRED'");
  });

  it('says that the folder for scratch files cannot be written', async () => {
    const folder = await makeTempFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    const message = await fault({ scratch: join(file, 'scratch') });
    expect(message).toContain('"storage.scratch"');
    expect(message).toContain('ENOTDIR');
    await removeTempFolder(folder);
  });

  it('refuses to keep room on a disk', async () => {
    const storage = s3({ client: storeConfig(), bucket: bucket.name });
    const start = startApp({ platform: 'express', tus: { storage, reserveDisk: true } });
    await expect(start).rejects.toThrow('reserveDisk');
  });
});
