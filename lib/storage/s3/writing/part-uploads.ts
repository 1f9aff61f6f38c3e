import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import type { PartBody } from '../gathering/part-body.js';
import { withPart, type PartNumbers } from '../part-numbers.js';
import { LAST_PART, SMALLEST_PART, type PartOutlook } from '../part-plan.js';
import { isMissing, isTransient } from '../s3.errors.js';
import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { S3Context } from '../s3.context.js';
import type { MultipartState, S3Address } from '../s3-state.js';

/** Numbers that are reserved at a time: a process that dies loses them, and each reservation is a commit. */
const RESERVED = 16;

/** Parts that are sent, and those of them that count. */
export interface CountedParts {
  readonly parts: PartNumbers;
  /** Bytes of those that were sent here. */
  readonly size: number;
}

/** A part on its way, or there. */
interface SentPart {
  readonly number: number;
  readonly size: number;
  isThere: boolean;
  etag?: string;
}

/** The bytes of a part that are sent. */
interface OnItsWay {
  readonly body: PartBody;
  /** Is there once they are sent, or were given up, and take no room any more. */
  readonly end: Promise<void>;
}

/** What is to be kept before a part of a new number is sent. */
export interface Reservations {
  /** Says that a multipart upload may be there of which the record has no id. */
  begin(address: S3Address): Promise<void>;
  /** Says which multipart upload it is, and from which number on none was reserved. */
  reserve(at: MultipartAddress, next: number): Promise<void>;
}

/** The parts that one writer sends, some of them at a time. Numbers are reserved first, and used once. */
export class PartUploads {
  private ending = new AbortController();
  private readonly onTheirWay = new Set<OnItsWay>();
  private sent: SentPart[] = [];
  private failure?: { readonly error: unknown };
  /** The one of the last number, with its bytes until it counts. */
  private last?: { readonly part: SentPart; readonly body: PartBody };
  private at?: MultipartAddress;
  private before: PartNumbers;
  private readonly etagBefore?: string;
  private next: number;
  /** The first number that was not reserved by this writer. */
  private unreserved: number;

  constructor(
    private readonly record: UploadRecord,
    private readonly context: S3Context,
    private readonly reservations: Reservations,
    multipart: MultipartState | undefined,
    private readonly address: S3Address | undefined,
  ) {
    if (multipart && address) this.at = { ...addressIn(address), uploadId: multipart.id };
    this.before = multipart?.parts ?? [];
    this.etagBefore = multipart?.lastEtag;
    this.next = multipart?.next ?? 1;
    this.unreserved = this.next;
  }

  get hasBegun(): boolean {
    return this.at !== undefined;
  }

  /** The multipart upload with the parts that are there, as long as no earlier one is missing. */
  get multipart(): MultipartState | undefined {
    if (!this.at) return undefined;
    const { parts } = this.counted;
    return { id: this.at.uploadId, parts, next: this.next, lastEtag: this.lastEtag };
  }

  /** The parts that are there, up to the first that is not. */
  get counted(): CountedParts {
    let parts = this.before;
    let size = 0;
    for (const each of this.sent) {
      if (!each.isThere) break;
      parts = withPart(parts, each.number);
      size += each.size;
    }
    return { parts, size };
  }

  /** What tells the part of the last number, which is not used once. */
  private get lastEtag(): string | undefined {
    return this.sent.find(({ number }) => number === LAST_PART)?.etag ?? this.etagBefore;
  }

  /** Where things stand, for the next part. */
  outlook(size: number, length: number | undefined): PartOutlook {
    return { next: this.next, size, length };
  }

  /**
   * Waits until a part that is in memory has left it.
   *
   * @returns whether there was one
   */
  async makeRoom(): Promise<boolean> {
    const inMemory = [...this.onTheirWay].filter(({ body }) => body.isInMemory);
    if (inMemory.length === 0) return false;
    await Promise.race(inMemory.map(({ end }) => end));
    return true;
  }

  /**
   * Sends a part as soon as there are few enough on their way, and does not wait for its end.
   *
   * @param isLast whether nothing follows it
   * @throws what has become of an earlier one
   */
  async send(body: PartBody, isLast = false): Promise<void> {
    try {
      await this.waitForRoom();
      const at = (this.at ??= await this.begin());
      const number = isLast && body.size < SMALLEST_PART ? LAST_PART : await this.takeNumber(at);
      this.start(at, { number, size: body.size, isThere: false }, body);
    } catch (error) {
      await body.free();
      throw error;
    }
  }

  /** Sends the part of the last number again, if it was sent here and does not count yet. */
  async sendLastAgain(): Promise<void> {
    const { at, last } = this;
    if (at && last) await this.upload(at, last.part, last.body);
    this.assertSound();
  }

  /** Waits until all are there. */
  async settle(): Promise<void> {
    while (this.onTheirWay.size > 0) await this.nextEnd();
    this.assertSound();
  }

  /** Counts what is there from now on as if it had always been. */
  async commit(): Promise<void> {
    this.before = this.counted.parts;
    this.sent = [];
    await this.freeLast();
  }

  /** Takes back what was sent since the last `commit()`; its numbers are gone. */
  async takeBack(): Promise<void> {
    await this.end();
    this.ending = new AbortController();
    this.failure = undefined;
    this.sent = [];
  }

  /** Ends what is on its way. */
  async end(): Promise<void> {
    this.ending.abort();
    await Promise.all([...this.onTheirWay].map(({ end }) => end));
    await this.freeLast();
  }

  private start(at: MultipartAddress, part: SentPart, body: PartBody): void {
    this.sent.push(part);
    if (part.number === LAST_PART) this.last = { part, body };
    const end = this.upload(at, part, body).finally(() => this.onTheirWay.delete(sent));
    const sent = { body, end };
    this.onTheirWay.add(sent);
  }

  private async upload(at: MultipartAddress, part: SentPart, body: PartBody): Promise<void> {
    const { signal } = this.ending;
    const { multiparts, slots } = this.context;
    const send = () => multiparts.uploadPart(at, part.number, body, { signal });
    try {
      part.etag = await slots.run(send, signal);
      part.isThere = true;
    } catch (error) {
      this.failure ??= { error: await this.explain(at, error, signal) };
    } finally {
      if (part !== this.last?.part) await body.free();
    }
  }

  private async freeLast(): Promise<void> {
    const { last } = this;
    this.last = undefined;
    await last?.body.free();
  }

  /** Some stores just close the connection on the bytes of a part of what is not there. */
  private async explain(at: MultipartAddress, error: unknown, signal: AbortSignal) {
    const mayBeGone = isTransient(error) && !signal.aborted;
    const isGone = isMissing(error) || (mayBeGone && (await this.isGone(at)));
    if (!isGone) return error;
    return new UploadLostError(
      this.record.id,
      'its multipart upload is not in the bucket any more',
    );
  }

  private async isGone(at: MultipartAddress): Promise<boolean> {
    try {
      await this.context.multiparts.parts(at);
      return false;
    } catch (error) {
      return isMissing(error);
    }
  }

  private async waitForRoom(): Promise<void> {
    this.assertSound();
    const { concurrency } = this.context.options;
    while (this.onTheirWay.size >= concurrency) await this.nextEnd();
    this.assertSound();
  }

  private nextEnd(): Promise<void> {
    return Promise.race([...this.onTheirWay].map(({ end }) => end));
  }

  private assertSound(): void {
    if (this.failure) throw this.failure.error;
  }

  private async takeNumber(at: MultipartAddress): Promise<number> {
    if (this.next >= LAST_PART) {
      throw new UploadLostError(this.record.id, 'it has used up all numbers of parts');
    }
    if (this.next >= this.unreserved) await this.reserve(at);
    return this.next++;
  }

  /** Begins a multipart upload, and sees to it that the record names it. */
  private async begin(): Promise<MultipartAddress> {
    const address = this.address ?? (await this.context.addressFor(this.record));
    await this.reservations.begin(address);
    const object = await this.context.objectOptions(this.record);
    const { signal } = this.ending;
    const uploadId = await this.context.multiparts.create(address, { object, signal });
    const at = { ...addressIn(address), uploadId };
    await this.reserve(at);
    return at;
  }

  private async reserve(at: MultipartAddress): Promise<void> {
    const unreserved = Math.min(this.next + RESERVED, LAST_PART);
    await this.reservations.reserve(at, unreserved);
    this.unreserved = unreserved;
  }
}

function addressIn({ bucket, key }: S3Address): S3Address {
  return { bucket, key };
}
