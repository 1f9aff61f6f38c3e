import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ListPartsCommand, type Part } from '@aws-sdk/client-s3';
import { isMissing } from '../../../../lib/storage/s3/s3.errors.js';
import type { S3State } from '../../../../lib/storage/s3/s3-state.js';
import { includesPart } from '../../../../lib/storage/s3/part-numbers.js';
import { storeConfig, TestBucket } from '../../../support/s3/store.js';
import type { SeededContent } from '../../../support/seeded.js';
import type { BucketSettings } from '../../servers/server-settings.js';
import { ON_FULL_DISK } from '../actors/stage.js';
import { withKnown, type RunServers } from '../run-servers.js';
import type { ExpectedFinal, HeldBytes, RunStore } from './run-store.interface.js';

/** What keys begin with. */
const UPLOADS = 'uploads/';
const EXPIRING = 'expiring/';
const REMAINDERS = '.tus/remainders/';

const MIB = 1024 * 1024;

/** Milliseconds between two looks for a final upload. */
const PAUSE = 2;

const NOTHING: HeldBytes = { size: 0, areRight: true };

/** Servers that keep bytes in a bucket, and lose their local disk with each kill. */
export class BucketStore implements RunStore {
  readonly omitted = ['eio', ON_FULL_DISK] as const;
  readonly scale = 6;
  readonly isSmall = true;
  private scratches = 0;

  private constructor(
    private readonly folder: string,
    private readonly servers: RunServers,
    private readonly bucket: TestBucket,
  ) {}

  /** @param folder where servers have their scratch files */
  static async make(folder: string, servers: RunServers): Promise<BucketStore> {
    const bucket = new TestBucket();
    await bucket.make();
    return new BucketStore(folder, servers, bucket);
  }

  async renew(): Promise<BucketSettings> {
    this.scratches += 1;
    // Of the server that was killed; others may go on.
    await rm(this.scratchOf(this.scratches - this.servers.count), { recursive: true, force: true });
    const { bucket } = this;
    const scratch = this.scratchOf(this.scratches);
    const options = { client: storeConfig(), bucket: bucket.name, partSize: 5 * MIB, scratch };
    return {
      uploads: { ...options, prefix: UPLOADS },
      expiring: { ...options, prefix: EXPIRING },
    };
  }

  /** What counts is what the record says, and it must be there. */
  async held(id: string, content: SeededContent): Promise<HeldBytes> {
    const record = await withKnown(this.servers, 'uploads', (known) => known.get(id));
    const state = record?.stored as S3State | undefined;
    if (!record || !state || state.size === 0) return NOTHING;
    // What is on its way has a part too many, which is cut out before it counts.
    if (state.detour) return { size: state.size, areRight: true };
    const isObject =
      record.state !== 'receiving' || (state.isWhole && !(await this.hasParts(state)));
    return isObject ? this.heldAsObject(state, content) : this.heldAsParts(state, content);
  }

  /** Requests bring nothing into the bucket before there is enough for a part. */
  async arrived(): Promise<undefined> {}

  finalId(count: number): string {
    return `final-${count}`;
  }

  watchFinal({ id = '' }: ExpectedFinal, seen: (id: string) => void): () => void {
    const ending = new AbortController();
    void this.lookForFinal(UPLOADS + id, () => seen(id), ending.signal);
    return () => ending.abort();
  }

  async expiring(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const { Key = '', Size = 0 } of await this.bucket.listed(EXPIRING)) {
      const [id = ''] = Key.slice(EXPIRING.length).replace(REMAINDERS, '').split('/');
      sizes.set(id, (sizes.get(id) ?? 0) + Size);
    }
    return sizes;
  }

  names(): Promise<readonly string[]> {
    return this.bucket.all();
  }

  async remove(): Promise<void> {
    await this.bucket.remove();
  }

  private scratchOf(server: number): string {
    return join(this.folder, `scratch-${server}`);
  }

  private async lookForFinal(key: string, seen: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if ((await this.bucket.multiparts(key)).includes(key)) return signal.aborted || seen();
      await pause(PAUSE);
    }
  }

  private async heldAsObject({ key, size }: S3State, content: SeededContent): Promise<HeldBytes> {
    const stored = await this.bucket.get(key).catch(noneIfMissing);
    return { size: stored.length, areRight: stored.length === size && isStartOf(content, stored) };
  }

  /** Parts cannot be read; what tells them apart is the MD5 of their bytes. */
  private async heldAsParts(state: S3State, content: SeededContent): Promise<HeldBytes> {
    const { multipart, remainder } = state;
    let size = 0;
    let areRight = true;
    for (const { PartNumber = 0, Size = 0, ETag = '' } of await this.partsOf(state)) {
      if (!includesPart(multipart?.parts ?? [], PartNumber)) continue;
      const sent = createHash('md5')
        .update(content.bytes(size, size + Size))
        .digest('hex');
      areRight &&= ETag.includes(sent);
      size += Size;
    }
    if (remainder) {
      const stored = await this.bucket.get(remainder.key).catch(noneIfMissing);
      areRight &&= stored.equals(content.bytes(size, size + stored.length));
      size += stored.length;
    }
    return { size, areRight: areRight && size === state.size };
  }

  private async hasParts(state: S3State): Promise<boolean> {
    return (await this.partsOf(state)).length > 0;
  }

  private async partsOf({ bucket, key, multipart }: S3State): Promise<readonly Part[]> {
    if (!multipart) return [];
    const command = new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: multipart.id });
    const listed = await this.bucket.client.send(command).catch((error: unknown) => {
      if (isMissing(error)) return { Parts: [] };
      throw error;
    });
    return listed.Parts ?? [];
  }
}

function isStartOf(content: SeededContent, stored: Buffer): boolean {
  return stored.equals(content.bytes(0, stored.length));
}

function noneIfMissing(error: unknown): Buffer {
  if (isMissing(error)) return Buffer.alloc(0);
  throw error;
}
