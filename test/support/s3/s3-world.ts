import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@aws-sdk/client-s3';
import { assertNotLost, UploadFencedError } from '../../../lib/errors/index.js';
import type { StorageState, UploadRecord } from '../../../lib/registry/upload-record.interface.js';
import { s3, type S3StorageOptions } from '../../../lib/storage/s3/index.js';
import type { S3State } from '../../../lib/storage/s3/s3-state.js';
import type { UploadStorage } from '../../../lib/storage/storage.interface.js';
import type { WriterOptions } from '../../../lib/storage/upload-writer.interface.js';
import { makeCountedClient } from './counted-client.js';
import { Mortal } from './mortal-client.js';
import { TestBucket } from './store.js';

export const MIB = 1024 * 1024;

/** Bytes that look like no others. */
export function bytes(size: number): Buffer {
  return randomBytes(size);
}

/** A bucket, the records of uploads in it, and storages on both, as one process after another has them. */
export class S3World {
  readonly bucket = new TestBucket();
  readonly records = new Map<string, UploadRecord>();
  /** Names of what was asked of the store by all storages. */
  asked: string[] = [];
  private readonly clients: S3Client[] = [];
  private readonly storages = new Map<UploadStorage, Set<string>>();

  async make(): Promise<void> {
    await this.bucket.make();
  }

  /** A storage as a process has it that was just started. */
  async storage(
    options: Partial<S3StorageOptions> = {},
    mortal = new Mortal(),
  ): Promise<UploadStorage> {
    const storage = this.started(options, mortal);
    await storage.open();
    this.asked.length = 0;
    mortal.steps = 0;
    return storage;
  }

  /** One that was not opened, which takes a few requests. */
  started(options: Partial<S3StorageOptions> = {}, mortal = new Mortal()): UploadStorage {
    const { client, asked } = makeCountedClient();
    this.asked = asked;
    const factory = s3({ client, bucket: this.bucket.name, ...options });
    const lost = new Set<string>();
    const hasLost = (id: string) => lost.has(id);
    const storage = factory.create({
      records: {
        keep: async (id, state) => {
          assertNotLost({ hasLost }, id);
          await mortal.step(async () => this.keep(id, state));
        },
      },
      fence: { hasLost },
      describe: ({ id, owner, createdAt }) => ({
        id,
        owner,
        protocol: 'tus',
        metadata: {},
        rawMetadata: {},
        createdAt: new Date(createdAt),
      }),
    }) as UploadStorage;
    this.clients.push(client);
    mortal.bind(client);
    this.storages.set(storage, lost);
    return storage;
  }

  /** Lets another process take an upload from the one that has this storage. */
  takeFrom(storage: UploadStorage, { id }: UploadRecord): void {
    this.storages.get(storage)?.add(id);
  }

  /** A new upload. */
  upload(known: Partial<UploadRecord> = {}): UploadRecord {
    const id = known.id ?? randomBytes(16).toString('hex');
    const record: UploadRecord = { id, state: 'receiving', createdAt: Date.now(), ...known };
    this.records.set(record.id, record);
    return record;
  }

  /** The upload as its record is now. */
  now({ id }: UploadRecord): UploadRecord {
    return this.records.get(id)!;
  }

  state(upload: UploadRecord): S3State | undefined {
    return this.now(upload).stored as S3State | undefined;
  }

  /** Appends as a request does whose upload is not whole after it. */
  async append(
    storage: UploadStorage,
    upload: UploadRecord,
    content: Uint8Array,
    options?: WriterOptions,
  ): Promise<void> {
    const writer = await storage.openWriter(this.now(upload), options);
    try {
      await writer.write(piecesOf(content));
      await writer.confirm();
    } finally {
      await writer.close();
    }
  }

  /** Appends the last bytes, and finishes the upload. */
  async finish(
    storage: UploadStorage,
    upload: UploadRecord,
    content: Uint8Array = Buffer.alloc(0),
    options?: WriterOptions,
  ): Promise<UploadRecord> {
    const writer = await storage.openWriter(this.now(upload), options);
    try {
      if (content.byteLength > 0) await writer.write(piecesOf(content));
      await writer.complete();
      await writer.confirm();
      const { stored } = await storage.finish(this.now(upload));
      if (this.storages.get(storage)?.has(upload.id)) throw new UploadFencedError(upload.id);
      const length = writer.size;
      const finished = { state: 'finished', length, stored, filePath: undefined } as const;
      this.records.set(upload.id, { ...this.now(upload), ...finished });
    } finally {
      await writer.close();
    }
    if (!storage.isTidy(this.now(upload))) await storage.tidy(this.now(upload));
    return this.now(upload);
  }

  /** Ends an unfinished upload. */
  async end(storage: UploadStorage, upload: UploadRecord): Promise<void> {
    await storage.tidy(this.now(upload));
    const ended = { state: 'terminated', endedAt: Date.now(), filePath: undefined } as const;
    this.records.set(upload.id, { ...this.now(upload), ...ended });
    await storage.remove(this.now(upload));
  }

  /** Moves a finished upload. */
  async move(storage: UploadStorage, upload: UploadRecord, place: string): Promise<void> {
    const movedTo = await storage.targetOf(place);
    await storage.tidy(this.now(upload));
    const stored = await storage.move(this.now(upload), movedTo);
    this.records.set(upload.id, { ...this.now(upload), movedTo, stored });
  }

  /** Removes the object of a finished upload. */
  async removeObject(storage: UploadStorage, upload: UploadRecord): Promise<void> {
    await storage.tidy(this.now(upload));
    this.records.set(upload.id, { ...this.now(upload), fileRemovedAt: Date.now() });
    await storage.remove(this.now(upload));
  }

  /** Removes what is left over of an upload that has ended, as each cleanup does. */
  async cleanUp(storage: UploadStorage, upload: UploadRecord): Promise<void> {
    const { state, fileRemovedAt } = this.now(upload);
    const isThere = state === 'finished' && fileRemovedAt === undefined;
    await (isThere ? storage.tidy(this.now(upload)) : storage.remove(this.now(upload)));
  }

  read(storage: UploadStorage, upload: UploadRecord): Promise<Buffer> {
    return buffer(storage.createReadStream(this.now(upload)));
  }

  async close(): Promise<void> {
    for (const storage of this.storages.keys()) await storage.close();
    for (const client of this.clients) client.destroy();
    await this.bucket.remove();
  }

  private keep(id: string, stored: StorageState | undefined): void {
    const record = this.records.get(id);
    if (!record) throw new Error(`There is no record of ${id}.`);
    // As a registry has it: what was kept is a copy.
    const copy = stored && (JSON.parse(JSON.stringify(stored)) as StorageState);
    this.records.set(id, { ...record, stored: copy });
  }
}

/** Bytes as they come from a socket. */
function piecesOf(content: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.byteLength; at += 64 * 1024) {
    pieces.push(content.subarray(at, at + 64 * 1024));
  }
  return pieces;
}
