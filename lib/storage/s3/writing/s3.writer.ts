import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import type { StoredBytes, UploadWriter, WriterOptions } from '../../upload-writer.interface.js';
import type { PartOutlook } from '../part-plan.js';
import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { S3Context } from '../s3.context.js';
import { isMissing, translating } from '../s3.errors.js';
import type { RemainderState, S3Address, S3State } from '../s3-state.js';
import { finishObject, LastPartReplacedError } from './finish-object.js';
import { Gathering } from './gathering.js';
import { PartUploads } from './part-uploads.js';
import { placeObject } from './place-object.js';

/** Bytes that are kept from the start of an upload: more than tell its type. */
const START = 8 * 1024;

/** How often the last part is sent at most. */
const ATTEMPTS = 3;

/**
 * Appends to one upload: its bytes become parts of a multipart upload on their way, and what is left
 * over at the end of a request an object of its own, until more comes.
 */
export class S3Writer implements UploadWriter {
  readonly isDoubtful = false;
  /** What the record said when the bytes that it names were the last. */
  private opened?: S3State;
  private held: number;
  /** How many bytes it is to have in the end, as far as the request says. */
  private readonly announcedEnd: number;
  private readonly gathering: Gathering;
  private readonly parts: PartUploads;
  /** Whether the remainder is among the gathered bytes. */
  private isLoaded: boolean;
  private beginning: Buffer = Buffer.alloc(0);
  private isConfirmed = true;
  private isComplete = false;

  constructor(
    private readonly record: UploadRecord,
    private readonly context: S3Context,
    private readonly options: WriterOptions = {},
  ) {
    const state = context.stateOf(record);
    this.opened = state;
    this.held = state?.size ?? 0;
    this.announcedEnd = this.held + (options.announced ?? 0);
    this.isLoaded = state?.remainder === undefined;
    this.gathering = new Gathering(context, () => this.parts.makeRoom());
    const reservations = {
      begin: (address: S3Address) => this.noteBegin(address),
      reserve: (at: MultipartAddress, next: number) => this.reserve(at, next),
    };
    const { multipart, hasBegun } = state ?? {};
    // A remainder says nothing of where the object is to be.
    const address = multipart || hasBegun ? state : undefined;
    this.parts = new PartUploads(record, context, reservations, multipart, address);
  }

  get size(): number {
    return this.held;
  }

  get flushed(): number {
    return this.isConfirmed ? this.held : (this.opened?.size ?? 0);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return this.ifHeld(async () => {
      this.context.assertHeld(this.record.id);
      await this.load();
      for (const chunk of chunks) await this.add(chunk);
    });
  }

  /** @throws RangeError for a size that was neither the one it was opened with, nor is among what is not sent */
  truncate(size: number): Promise<void> {
    return translating(async () => {
      if (size === this.held) return;
      const opened = this.opened?.size ?? 0;
      const sent = this.held - this.gathering.size;
      const isGathered = size > opened && size >= sent && size < this.held;
      if (!isGathered && size !== opened) {
        throw new RangeError('An upload can only be cut back to where it was opened.');
      }
      if (isGathered) this.gathering.truncate(size - sent);
      else await this.takeBack();
      this.held = size;
      this.beginning = this.beginning.subarray(0, size);
    });
  }

  start(most: number): Promise<Uint8Array> {
    return this.ifHeld(async () => {
      if (!this.isComplete) await this.load();
      const isKnown = this.beginning.length >= Math.min(most, this.held);
      return isKnown ? this.beginning.subarray(0, most) : this.readStart(most);
    });
  }

  complete(): Promise<void> {
    return this.ifHeld(async () => {
      if (this.isComplete) return;
      this.context.assertHeld(this.record.id);
      const state = this.context.stateOf(this.record);
      if (state?.isWhole && this.isConfirmed) await this.finish(state);
      else await this.makeWhole();
      this.isComplete = true;
      this.isConfirmed = true;
    });
  }

  mustSync(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Nothing is held that a lost machine would take with it, once it is confirmed. */
  async sync(): Promise<void> {}

  confirm(): Promise<StoredBytes | undefined> {
    return translating(async () => {
      if (!this.isConfirmed) await this.bringIn();
      const state = this.context.stateOf(this.record);
      if (!state) return undefined;
      return { size: this.held, flushed: this.held, modifiedAt: state.at };
    });
  }

  async close(): Promise<void> {
    await this.parts.end();
    // What cannot be kept now is sent again.
    await this.keepWhatCounts().catch(() => {});
    await this.gathering.clear();
    this.context.forget(this.record.id);
  }

  /**
   * What is missing says something of the upload only to the process that holds it: another one may have
   * replaced it, and this one not have heard of that.
   *
   * @throws UploadFencedError in place of UploadLostError
   */
  private ifHeld<T>(work: () => Promise<T>): Promise<T> {
    return translating(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof UploadLostError) await this.keep({});
        throw error;
      }
    });
  }

  private async add(chunk: Uint8Array): Promise<void> {
    if (chunk.byteLength > 0) this.isConfirmed = false;
    this.remember(chunk);
    let added = 0;
    while (added < chunk.byteLength) {
      const step = await this.gathering.add(chunk.subarray(added), this.outlook());
      added += step;
      this.held += step;
      const coming = Math.max(0, this.announcedEnd - this.held);
      const ready = this.gathering.takeReady(this.outlook(), coming);
      if (ready) await this.parts.send(ready);
    }
  }

  /** The bytes that tell the type go with the first part, before they can be asked for. */
  private remember(chunk: Uint8Array): void {
    if (this.beginning.length !== this.held || this.held >= START) return;
    const added = chunk.subarray(0, START - this.held);
    this.beginning = Buffer.concat([this.beginning, added]);
  }

  private outlook(): PartOutlook {
    return this.parts.outlook(this.held - this.gathering.size, this.record.length);
  }

  /** Brings back what was too small for a part. */
  private async load(): Promise<void> {
    const { remainder, bucket } = this.opened ?? {};
    if (this.isLoaded || !remainder || bucket === undefined) return;
    const place = { bucket, key: remainder.key };
    let size = 0;
    try {
      for await (const chunk of this.context.objects.get(place)) {
        size += chunk.byteLength;
        await this.addLoaded(chunk);
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw this.lost('the object with its last bytes is not in the bucket any more');
    }
    if (size !== remainder.size) throw this.lost('the object with its last bytes has others');
    if (this.held === size) this.beginning = await this.gathering.start(START);
    this.isLoaded = true;
  }

  private async addLoaded(chunk: Uint8Array): Promise<void> {
    let added = 0;
    while (added < chunk.byteLength) {
      added += await this.gathering.add(chunk.subarray(added), this.outlook());
    }
  }

  private async readStart(most: number): Promise<Buffer> {
    // These bytes came with an earlier request, and are in a part that cannot be read.
    await this.complete();
    const state = this.context.stateOf(this.record);
    if (!state) return Buffer.alloc(0);
    const range = { start: 0, end: Math.min(most, this.held) - 1 };
    return buffer(this.context.objects.get(state, { range }));
  }

  /** Brings all that came into the bucket, then says so in the record. */
  private async bringIn(): Promise<void> {
    for (let part; (part = this.gathering.takeRest(this.outlook(), false));) {
      await this.parts.send(part);
    }
    const remainder = await this.putRemainder();
    await this.parts.settle();
    const before = this.opened?.remainder;
    await this.keep({ size: this.held, remainder });
    this.opened = this.context.stateOf(this.record);
    await this.parts.commit();
    this.isConfirmed = true;
    // What cannot be removed now goes with the upload.
    if (before) await this.deleteRemainder(before).catch(() => {});
  }

  private async putRemainder(): Promise<RemainderState | undefined> {
    const { body } = this.gathering;
    if (body.size === 0) return undefined;
    const { id } = this.record;
    if (!this.context.stateOf(this.record)?.hasRemainders) await this.keep({ hasRemainders: true });
    const key = this.context.remaindersOf(id) + randomBytes(12).toString('hex');
    await this.context.objects.put({ bucket: this.bucket, key }, body);
    return { key, size: body.size };
  }

  private async deleteRemainder({ key }: RemainderState): Promise<void> {
    await this.context.objects.delete({ bucket: this.bucket, key });
  }

  /** Makes an object of everything; a small upload that came at once becomes one at once. */
  private async makeWhole(): Promise<void> {
    await this.load();
    if (!this.parts.hasBegun) return this.putWhole();
    for (let part; (part = this.gathering.takeRest(this.outlook(), true));) {
      await this.parts.send(part, this.gathering.size === 0);
    }
    await this.parts.settle();
    await this.finishSent();
    await this.parts.commit();
  }

  /** A part of a process that was fenced may come over the last one, which is sent again then. */
  private async finishSent(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await this.keep({ size: this.held, remainder: undefined, isWhole: true });
      try {
        return await this.finish(this.state());
      } catch (error) {
        if (!(error instanceof LastPartReplacedError) || attempt === ATTEMPTS) throw error;
      }
      await this.parts.sendLastAgain();
    }
  }

  private async finish(state: S3State): Promise<void> {
    const finished = await finishObject(this.record, state, this.context);
    this.context.note(this.record.id, finished);
  }

  private async putWhole(): Promise<void> {
    const wanted = await this.context.addressFor(this.record);
    const placed = await placeObject(this.record, wanted, this.gathering.body, this.context);
    const state = this.context.stateOf(this.record);
    const whole = { ...state, ...placed, size: this.held, at: Date.now(), isWhole: true };
    // It is found again under its id; only of another place is there something to be said.
    if (this.context.isOwn(this.record.id, placed)) this.context.note(this.record.id, whole);
    else await this.context.keep(this.record.id, whole);
  }

  private noteBegin(address: S3Address): Promise<void> {
    return this.keep({ bucket: address.bucket, key: address.key, hasBegun: true });
  }

  private async reserve(at: MultipartAddress, next: number): Promise<void> {
    const { bucket, key, uploadId: id } = at;
    // One that an earlier process has begun may be there as well.
    const { hasBegun } = this.opened ?? {};
    const before = this.opened?.multipart?.parts ?? [];
    if (this.options.isProvisional) {
      const multipart = { id, parts: before, next };
      return this.keep({ bucket, key, hasBegun, multipart });
    }
    const { parts, size } = this.parts.counted;
    const added = size > 0 ? this.countedSince(size) : {};
    await this.keep({ bucket, key, hasBegun, multipart: { id, parts, next }, ...added });
  }

  /** What the record says once parts of this request count, the first of which has the remainder. */
  private countedSince(size: number): Partial<S3State> {
    const start = (this.opened?.size ?? 0) - (this.opened?.remainder?.size ?? 0);
    return { size: start + size, remainder: undefined };
  }

  /** A finish that was put off, or a failure: what is there without a gap need not be sent again. */
  private async keepWhatCounts(): Promise<void> {
    await this.context.keepNoted(this.record.id);
    if (this.isConfirmed || this.options.isProvisional) return;
    const { size } = this.parts.counted;
    const state = this.context.stateOf(this.record);
    if (size === 0 || !state) return;
    const counted = this.countedSince(size);
    if (counted.size !== undefined && counted.size > state.size) await this.keep(counted);
  }

  /** Takes back all that came since it was opened. */
  private async takeBack(): Promise<void> {
    const { opened } = this;
    await this.parts.takeBack();
    await this.gathering.clear();
    this.isLoaded = opened?.remainder === undefined;
    this.isConfirmed = true;
    const state = this.context.stateOf(this.record);
    const size = opened?.size ?? 0;
    if (!state || state.size <= size) return;
    const parts = opened?.multipart?.parts ?? [];
    const multipart = state.multipart && { ...state.multipart, parts };
    const { at } = opened ?? state;
    const { remainder } = opened ?? {};
    await this.context.keep(this.record.id, { ...state, size, at, remainder, multipart });
  }

  private async keep(changes: Partial<S3State>): Promise<void> {
    const state = this.context.stateOf(this.record);
    const first = { ...this.context.ownAddress(this.record.id), size: 0 };
    const multipart =
      changes.multipart ?? (changes.size === undefined ? undefined : this.parts.multipart);
    await this.context.keep(this.record.id, {
      ...first,
      ...state,
      at: Date.now(),
      ...(multipart && { multipart }),
      ...changes,
    });
  }

  private state(): S3State {
    const state = this.context.stateOf(this.record);
    if (!state) throw this.lost('its record does not say where it is');
    return state;
  }

  private get bucket(): string {
    return this.context.stateOf(this.record)?.bucket ?? this.context.options.bucket;
  }

  private lost(fault: string): UploadLostError {
    return new UploadLostError(this.record.id, fault);
  }
}
