import { isPartial } from '../protocol/index.js';
import type { StoredAnswer, UploadRecord, UploadRegistry } from '../registry/index.js';
import type { UploadStorage, UploadWriter } from '../storage/index.js';
import type { Completion } from './completion.interface.js';
import type { FinishGate } from './finish-gate.interface.js';
import type { Lease } from './lease.js';
import { TELLING_BYTES, TypeCheck } from './type-check.js';
import { isInterim, placedAt } from './upload-snapshot.js';
import type { UploadObserver } from './upload-observer.interface.js';
import { UploadRefusedError } from './upload.errors.js';
import type { UploadRules } from './upload-rules.js';

/** Milliseconds after which it is looked whether an upload was delivered to all its handlers. */
const DELIVERY_TIME = 60_000;

/** The states an upload ends in without being finished. */
export type EndState = 'terminated' | 'expired' | 'quarantined';

/** Who decides on a finish, and the lease that is held while that takes its time. */
export interface FinishContext {
  readonly lease: Lease;
  readonly gate: FinishGate;
}

/** The ways an upload changes its state. The caller holds the upload's lease. */
export class Transitions {
  private readonly types?: TypeCheck;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly completion: Completion,
    private readonly observer: UploadObserver,
  ) {
    if (rules.allowedTypes) this.types = new TypeCheck(rules.allowedTypes);
  }

  /** Stores a new upload, unless it is declared to be of a type that is not allowed. */
  async begin(record: UploadRecord): Promise<void> {
    if (!isPartial(record.concat)) this.types?.assertDeclared(record.metadata);
    await this.registry.create(record);
    this.observer.created(record);
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
   * Makes the bytes durable, asks who is to decide, then commits the finish together with its
   * deliveries: whoever reads success after this, the handlers will run.
   *
   * @throws UploadRefusedError, or the error of the verdict
   */
  async finish(
    record: UploadRecord,
    writer: UploadWriter,
    context: FinishContext,
  ): Promise<UploadRecord> {
    await writer.create();
    await this.assertType(record);
    if (this.rules.durability !== 'none') await writer.sync();
    const isGuarded = !isPartial(record.concat) && context.gate.guards(record);
    const answer = isGuarded ? await this.ask(record, context) : undefined;
    return this.release(record, answer);
  }

  /** Commits the finish of an upload that was decided on. */
  async release(record: UploadRecord, answer?: StoredAnswer): Promise<UploadRecord> {
    const finished = await this.commit(record, answer);
    this.completion.committed();
    this.observer.finished(finished);
    return finished;
  }

  /**
   * The record goes first, for it must not lie. It is due at once, so that the next cleanup frees
   * the bytes that a process which dies in between leaves behind; those of a quarantined upload
   * stay.
   *
   * @param answer what its client is to be told from now on
   */
  async end(id: string, state: EndState, answer?: StoredAnswer): Promise<void> {
    const endedAt = Date.now();
    const isKept = state === 'quarantined';
    const ended = await this.registry.change(id, (current) => ({
      record: {
        ...current,
        state,
        endedAt,
        answer,
        filePath: isKept ? current.filePath : placedAt(current),
        dueAt: isKept ? undefined : endedAt,
      },
    }));
    if (!isKept) await this.storage.remove(id, ended?.filePath);
    if (ended) this.observer.ended(ended);
  }

  /**
   * Stores what the client of a finished upload was told, and lets the upload go when it was
   * refused.
   */
  async answer(record: UploadRecord, answer: StoredAnswer, isRefusal: boolean): Promise<void> {
    if (isRefusal) return this.end(record.id, 'terminated', answer);
    const { finishedAfter, rememberFor } = this.rules;
    const dueAt = Date.now() + Math.min(finishedAfter ?? rememberFor, rememberFor);
    await this.registry.change(record.id, (current) => {
      // The application may have ended it meanwhile.
      if (current.state !== 'finished') return undefined;
      return { record: { ...current, answer, dueAt: current.fileRemovedAt ?? dueAt } };
    });
  }

  /** Ends an upload whose creation failed, unless it has come to its end already. */
  async abandon(id: string): Promise<void> {
    const record = await this.registry.get(id);
    if (record?.state === 'receiving') await this.end(id, 'terminated');
  }

  private async ask(
    record: UploadRecord,
    { lease, gate }: FinishContext,
  ): Promise<StoredAnswer | undefined> {
    // Whoever comes meanwhile is told to come again, never that the upload is complete.
    lease.pin();
    const verdict = await gate.decide({ record, path: this.storage.path(record.id) });
    if (verdict.kind === 'accepted') return verdict.answer;

    const { answer, quarantine, error } = verdict;
    await this.end(record.id, quarantine ? 'quarantined' : 'terminated', answer);
    throw error ?? new UploadRefusedError(record.id, answer);
  }

  private async commit(record: UploadRecord, answer?: StoredAnswer): Promise<UploadRecord> {
    const endedAt = Date.now();
    const filePath = await this.place(record);
    const finished: UploadRecord = {
      ...record,
      state: 'finished',
      endedAt,
      filePath,
      ...answered(record, answer),
      unverifiedFrom: undefined,
    };
    // Of an upload that is only a part of another, nobody is told.
    const deliveries = isPartial(record.concat)
      ? []
      : this.completion.deliveriesOf(finished, endedAt);
    const removeWhenDelivered = this.rules.afterDelivery === 'remove' && deliveries.length > 0;
    const dueAt = endedAt + (removeWhenDelivered ? DELIVERY_TIME : this.keptFor(finished));
    const committed = { ...finished, removeWhenDelivered: removeWhenDelivered || undefined, dueAt };
    await this.registry.change(record.id, () => ({ record: committed, deliveries }));
    // What cannot be removed now goes with the file.
    if (filePath !== undefined) await this.storage.remove(record.id).catch(() => undefined);
    return committed;
  }

  /** The file has both names until the finish is committed, so that a crash loses it under neither. */
  private async place(record: UploadRecord): Promise<string | undefined> {
    const { id, filePath } = record;
    if (filePath === undefined || (await this.storage.place(id, filePath))) return filePath;
    this.observer.misplaced(record);
    return undefined;
  }

  private async startOf(id: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const start = this.storage.createReadStream(id, { start: 0, end: TELLING_BYTES - 1 });
    for await (const chunk of start) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  private keptFor(record: UploadRecord): number {
    const { finishedAfter, rememberFor } = this.rules;
    if (isInterim(record)) return record.validFor ?? rememberFor;
    return Math.min(finishedAfter ?? rememberFor, rememberFor);
  }
}

/** Of an endpoint's upload the endpoint has the last word; others can only add to its headers. */
function answered(
  { endpoint }: UploadRecord,
  answer: StoredAnswer | undefined,
): Pick<UploadRecord, 'answer' | 'addedHeaders'> {
  if (endpoint === undefined) return { answer };
  const { 'content-type': _type, ...addedHeaders } = answer?.headers ?? {};
  return { answer: undefined, ...(answer && { addedHeaders }) };
}
