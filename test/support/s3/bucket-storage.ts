import type { StorageFactory } from '../../../lib/index.js';
import type { UploadStorage, UploadWriter } from '../../../lib/storage/index.js';
import { s3 } from '../../../lib/storage/s3/index.js';
import type { AppStorage } from '../app-storage.js';
import { TestBucket } from './store.js';

/** What the keys of remainders begin with, before the id of the upload. */
const REMAINDERS = '.tus/remainders/';

/** A bucket in which apps of tests keep bytes. */
export class BucketStorage implements AppStorage {
  /** What requests that are running have brought: it is in no bucket that a test could look into. */
  private readonly arriving = new Map<string, Buffer>();

  private constructor(readonly bucket: TestBucket) {}

  static async make(): Promise<BucketStorage> {
    const bucket = new TestBucket();
    await bucket.make();
    return new BucketStorage(bucket);
  }

  get factory(): StorageFactory {
    const { create } = s3({ client: this.bucket.client, bucket: this.bucket.name });
    return { create: async (context) => this.watch(await create(context)) };
  }

  async names(): Promise<readonly string[]> {
    const names = (await this.bucket.all()).map((name) =>
      name.replace(REMAINDERS, '').replace(/\/.*$/, ''),
    );
    return [...new Set([...names, ...this.arriving.keys()])].sort();
  }

  /** Parts cannot be read: of a long upload, there is nothing until it is finished. */
  async bytesOf(id: string): Promise<Buffer> {
    const keys = await this.bucket.objects();
    const remainder = keys.find((name) => name.startsWith(`${REMAINDERS}${id}/`));
    const key = keys.includes(id) ? id : remainder;
    const stored = key === undefined ? Buffer.alloc(0) : await this.bucket.get(key);
    return Buffer.concat([stored, this.arriving.get(id) ?? Buffer.alloc(0)]);
  }

  placeOf(name: string): string {
    return `elsewhere/${name}`;
  }

  take(path: string): Promise<void> {
    return this.bucket.delete(path.slice(`s3://${this.bucket.name}/`.length));
  }

  remove(): Promise<void> {
    return this.bucket.remove();
  }

  private watch(storage: UploadStorage): UploadStorage {
    const open = storage.openWriter.bind(storage);
    storage.openWriter = async (upload, options) =>
      this.note(upload.id, await open(upload, options));
    return storage;
  }

  private note(id: string, writer: UploadWriter): UploadWriter {
    const { size } = writer;
    const write = writer.write.bind(writer);
    const confirm = writer.confirm.bind(writer);
    const close = writer.close.bind(writer);
    return Object.assign(writer, {
      write: async (chunks: readonly Uint8Array[]) => {
        await write(chunks);
        const arrived = Buffer.concat([this.arriving.get(id) ?? Buffer.alloc(0), ...chunks]);
        this.arriving.set(id, arrived.subarray(0, writer.size - size));
      },
      confirm: async () => {
        const held = await confirm();
        this.arriving.delete(id);
        return held;
      },
      close: async () => {
        await close();
        this.arriving.delete(id);
      },
    });
  }
}
