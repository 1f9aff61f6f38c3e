import { S3Client } from '@aws-sdk/client-s3';
import { s3 } from '../../lib/storage/s3/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { describeStorage } from '../contracts/storage/storage.contract.js';
import { storeConfig, TestBucket } from '../support/s3/store.js';

describeStorage('the storage in S3', async () => {
  const bucket = new TestBucket();
  await bucket.make();
  const client = new S3Client(storeConfig());
  return {
    storage: (records) =>
      s3({ client, bucket: bucket.name }).create({
        records,
        fence: { hasLost: () => false },
        describe: ({ id, createdAt }) => ({
          id,
          protocol: 'tus',
          metadata: {},
          rawMetadata: {},
          createdAt: new Date(createdAt),
        }),
      }) as UploadStorage,
    remove: async () => {
      await bucket.remove();
      client.destroy();
    },
  };
});
