import { performance } from 'node:perf_hooks';
import { ContextSnapshot } from '../../context/index.js';
import {
  eachPage,
  type UploadRecord,
  type UploadRegistry,
  type Usages,
} from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { NoRoomError, TooManyUploadsError, UploadTooLargeError } from '../model/limit.errors.js';
import type { Quota } from './upload-rules.js';

/** Milliseconds for which a count of the received bytes is used again. */
const FRESH = 1000;

/** Unfinished uploads looked at together. */
const PAGE = 64;

/** Decides, in the registry's transaction, whether there is room for an upload. */
export type Admit = (usages: Usages) => UploadRecord;

/** Keeps each owner within its quota, and all of them within the room on the disk. */
export class Admission {
  /** A count serves several requests, so it belongs to none of them. */
  private readonly context = new ContextSnapshot();
  private received?: { readonly at: number; readonly bytes: Promise<number> };

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly reserveDisk: boolean,
  ) {}

  /**
   * How to decide on a new upload.
   *
   * @returns `undefined` when there is nothing to decide; else a function that throws
   *   UploadTooLargeError, TooManyUploadsError, or NoRoomError
   */
  async forNew(record: UploadRecord, quota: Quota | undefined): Promise<Admit | undefined> {
    if (!quota && !this.reserveDisk) return undefined;
    const room = await this.roomFor(record.length ?? record.maxSize ?? 0);
    return (usages) => {
      const admitted = quota ? withinQuota(record, quota, usages) : record;
      assertRoom(admitted.length ?? admitted.maxSize ?? 0, room, usages);
      return admitted;
    };
  }

  /** How to decide on the length of an upload that was deferred. */
  async forLength(length: number): Promise<(current: UploadRecord, usages: Usages) => void> {
    const room = await this.roomFor(length);
    return (current, usages) => assertRoom(length - (current.maxSize ?? 0), room, usages);
  }

  /** Bytes that unfinished uploads may have in all; what they have received is on the disk already. */
  private async roomFor(bytes: number): Promise<number> {
    if (!this.reserveDisk) return Infinity;
    const [free, { all }] = await Promise.all([
      this.storage.files?.room() ?? Infinity,
      this.registry.usage(undefined),
    ]);
    // Looking at all unfinished uploads takes time, and is seldom needed.
    return all.pending + bytes <= free ? free : free + (await this.receivedBytes());
  }

  private receivedBytes(): Promise<number> {
    // A clock that is never set back.
    const now = performance.now();
    if (!this.received || now - this.received.at > FRESH) {
      this.received = { at: now, bytes: this.context.run(() => this.sumReceived()) };
    }
    return this.received.bytes;
  }

  private async sumReceived(): Promise<number> {
    let bytes = 0;
    const pages = eachPage((cursor) =>
      this.registry.list({ state: 'receiving', cursor, limit: PAGE }),
    );
    for await (const records of pages) {
      const stored = await Promise.all(records.map((record) => this.storage.stat(record)));
      for (const found of stored) bytes += found?.size ?? 0;
    }
    return bytes;
  }
}

function withinQuota(record: UploadRecord, quota: Quota, { own }: Usages): UploadRecord {
  const { bytes = Infinity, uploads = Infinity, concurrent = Infinity } = quota;
  if (own.uploads >= uploads) {
    throw new TooManyUploadsError(`At most ${uploads} uploads may be kept at a time.`);
  }
  if (own.unfinished >= concurrent) {
    throw new TooManyUploadsError(`At most ${concurrent} uploads may be unfinished at a time.`);
  }
  const left = Math.max(bytes - own.bytes, 0);
  if (record.length !== undefined ? record.length > left : left === 0) {
    throw new UploadTooLargeError(`The quota is ${bytes} bytes; ${left} are left.`);
  }
  if (record.length !== undefined || left === Infinity) return record;
  return { ...record, maxSize: Math.min(record.maxSize ?? left, left) };
}

/** Where there is room for everything the others are not counted. */
function assertRoom(bytes: number, room: number, usages: Usages): void {
  if (room === Infinity || usages.all.pending + bytes <= room) return;
  throw new NoRoomError();
}
