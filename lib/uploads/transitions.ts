import { isPartial } from '../protocol/index.js';
import type { UploadChange, UploadRecord, UploadRegistry } from '../registry/index.js';
import type { UploadStorage, UploadWriter } from '../storage/index.js';
import type { Completion } from './completion.interface.js';
import { TELLING_BYTES, TypeCheck } from './type-check.js';
import type { UploadRules } from './upload-rules.js';

/** The ways an upload changes its state. The caller holds the upload's lease. */
export class Transitions {
  private readonly types?: TypeCheck;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly completion: Completion,
  ) {
    if (rules.allowedTypes) this.types = new TypeCheck(rules.allowedTypes);
  }

  /** Stores a new upload, unless it is declared to be of a type that is not allowed. */
  async begin(record: UploadRecord): Promise<void> {
    if (!isPartial(record.concat)) this.types?.assertDeclared(record.metadata);
    await this.registry.create(record);
  }

  /**
   * Ends an upload whose first bytes show that it is of no allowed type. A part of an upload shows
   * nothing.
   *
   * @throws ProtocolError 415
   */
  async assertType(record: UploadRecord): Promise<void> {
    if (!this.types || isPartial(record.concat)) return;
    try {
      await this.types.assertActual(record.metadata, await this.startOf(record.id));
    } catch (error) {
      await this.end(record.id, 'terminated');
      throw error;
    }
  }

  /** Whether the bytes that tell the type of an upload have come with an append that began here. */
  showsType(start: number, size: number): boolean {
    return this.types !== undefined && start < TELLING_BYTES && size >= TELLING_BYTES;
  }

  /** Fixes the length a client had deferred (tus 1.0 §Upload-Defer-Length). */
  async fixLength(record: UploadRecord, length: number | undefined): Promise<UploadRecord> {
    if (record.length === length) return record;
    const changed = await this.registry.change(record.id, (current) => ({
      record: { ...current, length },
    }));
    return changed ?? record;
  }

  /** Says, before such a byte is written, from where on bytes do not count until verified. */
  async distrustFrom(id: string, unverifiedFrom: number): Promise<void> {
    await this.registry.change(id, (current) => ({ record: { ...current, unverifiedFrom } }));
  }

  /** Says that all bytes held count. */
  async trust(id: string): Promise<void> {
    await this.registry.change(id, (current) => ({
      record: { ...current, unverifiedFrom: undefined },
    }));
  }

  /** Cuts off what a process that died in the middle of a checksummed body has left. */
  async cutUnverified(record: UploadRecord): Promise<void> {
    const writer = await this.storage.openWriter(record.id);
    try {
      await writer.truncate(Math.min(record.unverifiedFrom ?? writer.size, writer.size));
    } finally {
      await writer.close();
    }
    await this.trust(record.id);
  }

  /**
   * Makes the bytes durable, then commits the finish together with its deliveries: whoever reads
   * success after this, the handlers will run.
   */
  async finish(record: UploadRecord, writer: UploadWriter): Promise<UploadRecord> {
    await writer.create();
    await this.assertType(record);
    if (this.rules.durability !== 'none') await writer.sync();
    const finished = await this.registry.change(record.id, (current) => this.finished(current));
    this.completion.committed();
    return finished ?? record;
  }

  /**
   * The record goes first, for it must not lie. It is due at once, so that the next cleanup frees
   * the bytes that a process which dies in between leaves behind.
   */
  async end(id: string, state: 'terminated' | 'expired'): Promise<void> {
    const endedAt = Date.now();
    await this.registry.change(id, (current) => ({
      record: { ...current, state, endedAt, dueAt: endedAt },
    }));
    await this.storage.remove(id);
  }

  private async startOf(id: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const start = this.storage.createReadStream(id, { start: 0, end: TELLING_BYTES - 1 });
    for await (const chunk of start) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** A part that nothing was made of expires like an unfinished upload, for that is what it is. */
  private keptFor({ concat, validFor }: UploadRecord): number {
    const { finishedAfter, rememberFor } = this.rules;
    if (isPartial(concat)) return validFor ?? rememberFor;
    return Math.min(finishedAfter ?? rememberFor, rememberFor);
  }

  private finished(current: UploadRecord): UploadChange | undefined {
    if (current.state !== 'receiving') return undefined;

    const endedAt = Date.now();
    const dueAt = endedAt + this.keptFor(current);
    const record: UploadRecord = {
      ...current,
      state: 'finished',
      endedAt,
      dueAt,
      unverifiedFrom: undefined,
    };
    // Of an upload that is only a part of another, nobody is told.
    if (isPartial(record.concat)) return { record };
    return { record, deliveries: this.completion.deliveriesOf(record, endedAt) };
  }
}
