import type { Readable } from 'node:stream';
import type { StorageContext } from '../../interfaces/index.js';
import { isUploadId } from '../../protocol/index.js';
import type { StorageState, UploadRecord } from '../../registry/index.js';
import type { Located } from '../storage-location.interface.js';
import type {
  Cleared,
  FinishedPlace,
  Holding,
  ReadOptions,
  SharedStorage,
  UploadStorage,
} from '../storage.interface.js';
import type { StoredBytes, UploadWriter, WriterOptions } from '../upload-writer.interface.js';
import { concatenateObjects } from './copying/concatenate-objects.js';
import { moveObject } from './copying/move-object.js';
import { clearHolding, holdingsOf, type S3Holding } from './holdings.js';
import { withLateRequests } from './late-requests.js';
import { addressOfUrl, urlOf } from './places.js';
import { readObject } from './reading.js';
import { hasLeftovers, removeAll, tidyUp } from './removal.js';
import { S3Context } from './s3.context.js';
import { translating } from './s3.errors.js';
import type { ResolvedS3Options } from './s3.options.js';
import { S3Shared } from './s3.shared.js';
import { toStored } from './s3-state.js';
import { checkParts, checkStart } from './start-check.js';
import { S3Writer } from './writing/s3.writer.js';

/** The storage of a bucket: an object for each upload, which its parts become once all are there. */
export class S3Storage implements UploadStorage {
  readonly readsUnfinished = false;
  readonly shared: SharedStorage;
  private readonly context: S3Context;

  constructor(
    private readonly options: ResolvedS3Options,
    app: StorageContext,
  ) {
    this.context = new S3Context(options, app);
    this.shared = new S3Shared(this.context);
  }

  /** @throws TusOptionError when it cannot be used as it is */
  open(): Promise<void> {
    return checkStart(this.context);
  }

  async close(): Promise<void> {
    if (this.options.ownsClient) this.options.client.destroy();
  }

  /** A bucket does not become another one. */
  async assertSame(): Promise<void> {}

  async confirm(): Promise<void> {}

  probe(): Promise<void> {
    return checkParts(this.context);
  }

  async stat(upload: UploadRecord): Promise<StoredBytes | undefined> {
    if (upload.state === 'receiving') return this.counted(upload);
    return translating(async () => {
      const found = await this.context.objects.head(this.context.addressOf(upload));
      if (!found) return undefined;
      const { size, modifiedAt, etag } = found;
      const known = this.context.stateOf(upload)?.etag;
      const isOther = upload.movedTo === undefined && known !== undefined && known !== etag;
      return { size, flushed: size, modifiedAt, ...(isOther && { fault: 'was replaced' }) };
    });
  }

  holds(id: string): Promise<boolean> {
    const look = () => this.context.objects.head(this.context.ownAddress(id));
    return translating(async () => (await look()) !== undefined);
  }

  locate(upload: UploadRecord): Located {
    const { bucket, key } = this.context.addressOf(upload);
    return { path: urlOf({ bucket, key }), storage: { type: 's3', bucket, key } };
  }

  async openWriter(upload: UploadRecord, options?: WriterOptions): Promise<UploadWriter> {
    return new S3Writer(upload, this.context.holding(upload.id), options);
  }

  /** What was not verified, or failed, never counted. */
  async cutBack(): Promise<void> {}

  createReadStream(upload: UploadRecord, options: ReadOptions = {}): Readable {
    return readObject(upload, options, this.context);
  }

  concatenate(
    upload: UploadRecord,
    parts: readonly UploadRecord[],
    signal?: AbortSignal,
  ): Promise<void> {
    const held = this.context.holding(upload.id);
    return translating(() => concatenateObjects(upload, parts, held, signal)).catch(
      (error: unknown) => Promise.reject(signal?.aborted ? signal.reason : error),
    );
  }

  /** It is in its place already. */
  async finish(upload: UploadRecord): Promise<FinishedPlace> {
    const { bucket, key } = this.context.addressOf(upload);
    const { size = upload.length ?? 0, at = Date.now(), etag } = this.context.stateOf(upload) ?? {};
    const { hasRemainders, hasBegun, late } = this.context.stateOf(upload) ?? {};
    this.context.expectCommit(upload.id);
    const isMisplaced = upload.filePath !== undefined && upload.filePath !== key;
    const left = { hasRemainders, hasBegun, late };
    return {
      stored: toStored({ bucket, key, size, at, isWhole: true, etag, ...left }),
      ...(isMisplaced && { isMisplaced }),
    };
  }

  isTidy(upload: UploadRecord): boolean {
    const state = this.context.stateOf(upload);
    return !state || !hasLeftovers(state);
  }

  async tidy(upload: UploadRecord): Promise<void> {
    const held = this.context.holding(upload.id);
    await translating(() => tidyUp(upload, held));
  }

  settlesAt(upload: UploadRecord): number | undefined {
    return upload.state === 'receiving' ? undefined : this.context.stateOf(upload)?.late?.until;
  }

  move(upload: UploadRecord, target: string): Promise<StorageState | undefined> {
    return translating(async () => {
      await moveObject(upload, target, this.context.holding(upload.id));
      return this.leftBehind(upload);
    });
  }

  async targetOf(place: string): Promise<string> {
    const { bucket, prefix } = this.options;
    const address = addressOfUrl(place) ?? { bucket, key: place };
    const isPath = place === '' || place.startsWith('/') || place.includes('\\');
    const isOtherUrl = /^[a-z][a-z\d+.-]*:\/\//i.test(address.key);
    if (isPath || isOtherUrl || Buffer.byteLength(address.key) > 1024) {
      throw new RangeError(`"${place}" is no key of an object, and no s3://bucket/key.`);
    }
    if (address.bucket === bucket && address.key.startsWith(prefix)) {
      const name = address.key.slice(prefix.length);
      const isOwn = name.startsWith('.tus/') || (prefix !== '' && isUploadId(name));
      if (isOwn) throw new RangeError(`"${place}" is where uploads themselves are kept.`);
    }
    return urlOf(address);
  }

  async remove(upload: UploadRecord): Promise<void> {
    const held = this.context.holding(upload.id);
    await translating(() => removeAll(upload, held));
    this.context.forget(upload.id);
  }

  /**
   * A process that does not answer has numbers and keys of its own, and what it sends under them never
   * counts. That it may come is noted.
   */
  async fence(upload: UploadRecord): Promise<void> {
    const { id } = upload;
    const first = { ...this.context.ownAddress(id), size: 0, at: Date.now() };
    const state = this.context.stateOf(upload) ?? first;
    await this.context.keep(id, withLateRequests(upload, state));
    this.context.forget(id);
  }

  async setAside(): Promise<string | undefined> {
    return undefined;
  }

  holdings(): AsyncIterable<Holding> {
    return holdingsOf(this.context);
  }

  clear(holding: Holding, before: number): Promise<Cleared | undefined> {
    return translating(() => clearHolding(holding as S3Holding, before, this.context));
  }

  private counted(upload: UploadRecord): StoredBytes | undefined {
    const state = this.context.stateOf(upload);
    return state && { size: state.size, flushed: state.size, modifiedAt: state.at };
  }

  /** What is to be known of an upload that was moved: what may still come where it was. */
  private leftBehind(upload: UploadRecord): StorageState | undefined {
    const state = this.context.stateOf(upload);
    return state?.late && toStored({ ...state, etag: undefined });
  }
}
