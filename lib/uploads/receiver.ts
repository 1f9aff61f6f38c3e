import type { Readable } from 'node:stream';
import type { BodyInfo } from '../protocol/index.js';
import type { UploadRecord } from '../registry/index.js';
import type { UploadStorage, UploadWriter } from '../storage/index.js';
import { pump, type BodyEnd, type PumpTarget } from './body-pump.js';
import type { Lease } from './lease.js';
import type { Transitions } from './transitions.js';
import type { UploadRules } from './upload-rules.js';

/** A request's body, unread. */
export interface UploadBody extends BodyInfo {
  /** Asks for the bytes; called once, and only when nothing speaks against them any more. */
  open(): Readable;
}

/** How the receiving of a body ended, and the record afterwards. */
export interface Received {
  readonly record: UploadRecord;
  readonly end: BodyEnd;
}

/** Brings the bytes of one request into the storage, and finishes the upload with the last one. */
export class Receiver {
  constructor(
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly transitions: Transitions,
  ) {}

  /** Appends the body at the upload's offset; the caller holds the lease. */
  async receive(
    lease: Lease,
    record: UploadRecord,
    offset: number,
    body: UploadBody,
  ): Promise<Received> {
    if (record.state === 'finished') return this.receiveNothing(lease, record, body);
    if (!body.present && record.length !== offset) return { record, end: 'ended' };

    const writer = await this.storage.openWriter(record.id);
    try {
      return await this.append(lease, record, writer, body);
    } finally {
      await writer.close();
    }
  }

  private async append(
    lease: Lease,
    record: UploadRecord,
    writer: UploadWriter,
    body: UploadBody,
  ): Promise<Received> {
    const start = writer.size;
    const end = await this.read(body, {
      lease,
      limit: this.limitOf(record) - start,
      write: (chunks) => writer.write(chunks),
    });
    // Nothing of a body that is too long is kept: what it was meant to be is unknown.
    if (end === 'overflow') await writer.truncate(start);
    if (this.rules.durability === 'chunk') await writer.sync();
    if (end === 'overflow' || writer.size !== record.length) return { record, end };
    return { record: await this.transitions.finish(record, writer), end };
  }

  /** A finished upload takes no byte; whether a chunked body has one shows only in reading it. */
  private async receiveNothing(
    lease: Lease,
    record: UploadRecord,
    body: UploadBody,
  ): Promise<Received> {
    const end = await this.read(body, { lease, limit: 0, write: () => Promise.resolve() });
    return { record, end };
  }

  private async read(body: UploadBody, target: Omit<PumpTarget, 'idleTimeout'>): Promise<BodyEnd> {
    if (!body.present) return 'ended';
    return pump(body.open(), { ...target, idleTimeout: this.rules.idleTimeout });
  }

  private limitOf(record: UploadRecord): number {
    return record.length ?? this.rules.maxSize ?? Number.MAX_SAFE_INTEGER;
  }
}
