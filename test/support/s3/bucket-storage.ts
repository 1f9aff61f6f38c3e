import { s3 } from '../../../lib/storage/s3/index.js';
import type { AppStorage } from '../app-storage.js';
import { storeConfig, TestBucket } from './store.js';

/** What the keys of remainders begin with, before the id of the upload. */
const REMAINDERS = '.tus/remainders/';

/** A bucket in which apps of tests keep bytes. */
export class BucketStorage implements AppStorage {
  readonly factory;

  private constructor(readonly bucket: TestBucket) {
    this.factory = s3({ client: storeConfig(), bucket: bucket.name });
  }

  static async make(): Promise<BucketStorage> {
    const bucket = new TestBucket();
    await bucket.make();
    return new BucketStorage(bucket);
  }

  async names(): Promise<readonly string[]> {
    const names = await this.bucket.all();
    return names.map((name) => name.replace(REMAINDERS, '').replace(/\/.*$/, '')).sort();
  }

  /** Parts cannot be read: of a long upload, there is nothing until it is finished. */
  async bytesOf(id: string): Promise<Buffer> {
    const keys = await this.bucket.objects();
    const key = keys.find((name) => name === id || name.startsWith(`${REMAINDERS}${id}/`));
    return key === undefined ? Buffer.alloc(0) : this.bucket.get(key);
  }

  remove(): Promise<void> {
    return this.bucket.remove();
  }
}
