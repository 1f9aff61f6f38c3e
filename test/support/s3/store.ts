import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type _Object,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { StoreAccess } from './ceph-gateway.js';

/** Where the test run has left how its store is reached; see `start-store.ts`. */
const VARIABLE = 'TEST_S3_ACCESS';

/** Tells the workers of a test run which store to use. */
export function announce(access: StoreAccess): void {
  process.env[VARIABLE] = JSON.stringify(access);
}

/** The store of this test run. */
export function storeAccess(): StoreAccess {
  const access = process.env[VARIABLE];
  if (access === undefined) throw new Error('There is no store: run `npm run test:s3`.');
  return JSON.parse(access) as StoreAccess;
}

/** How the store is reached, as the client is told. */
export function storeConfig(changes: S3ClientConfig = {}): S3ClientConfig {
  const { endpoint, region, accessKeyId, secretAccessKey } = storeAccess();
  return {
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    // Ceph 16 knows no checksums after the bytes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...changes,
  };
}

/** A client that signs by the clock of this machine, for tests that set another. */
export function steadyClient(config: S3ClientConfig = storeConfig()): S3Client {
  const client = new S3Client(config);
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => performance.timeOrigin + performance.now() - Date.now(),
    set() {},
  });
  return client;
}

/** A bucket of a test's own. */
export class TestBucket {
  readonly client = steadyClient();
  readonly name = `test-${randomBytes(8).toString('hex')}`;

  async make(): Promise<void> {
    await this.client.send(new CreateBucketCommand({ Bucket: this.name }));
  }

  /** All objects whose keys begin so. */
  async listed(Prefix = ''): Promise<readonly _Object[]> {
    const found: _Object[] = [];
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.name, Prefix });
    for await (const { Contents = [] } of pages) found.push(...Contents);
    return found;
  }

  /** Keys of all objects. */
  async objects(): Promise<readonly string[]> {
    return (await this.listed()).map(({ Key = '' }) => Key);
  }

  /** Keys of all multipart uploads that were neither completed nor aborted, if they begin so. */
  async multiparts(prefix?: string): Promise<readonly string[]> {
    return (await this.unfinished(prefix)).map(({ Key = '' }) => Key);
  }

  /** Keys of everything. */
  async all(): Promise<readonly string[]> {
    return [...(await this.objects()), ...(await this.multiparts())];
  }

  /** Puts an object there, as another application does. */
  async put(Key: string, Body: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.name, Key, Body }));
  }

  async get(Key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** Begins a multipart upload, as another application does. */
  async begin(Key: string): Promise<string> {
    await this.client.send(new CreateMultipartUploadCommand({ Bucket: this.name, Key }));
    return Key;
  }

  async abortAll(): Promise<void> {
    const Bucket = this.name;
    for (const { Key, UploadId } of await this.unfinished()) {
      await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  }

  async delete(Key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key }));
  }

  async deleteAll(): Promise<void> {
    for (let keys; (keys = await this.objects()).length > 0;) {
      for (const key of keys) await this.delete(key);
    }
  }

  async empty(): Promise<void> {
    await this.abortAll();
    await this.deleteAll();
  }

  async remove(): Promise<void> {
    await this.empty();
    await this.client.send(new DeleteBucketCommand({ Bucket: this.name }));
    this.client.destroy();
  }

  private async unfinished(Prefix?: string) {
    const listing = new ListMultipartUploadsCommand({ Bucket: this.name, Prefix });
    return (await this.client.send(listing)).Uploads ?? [];
  }
}
