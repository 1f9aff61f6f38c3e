import type {
  StoredAnswer,
  UploadChange,
  UploadRecord,
  UploadRegistry,
} from '../../registry/index.js';
import type { UploadStorage, UploadWriter } from '../../storage/index.js';
import type { FileHashes } from '../bodies/file-hashes.js';
import type { Lease } from '../leases/lease.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import { rememberEnded } from '../model/remembered.js';
import { assertUnchanged } from '../model/unchanged.js';
import { isPartial } from '../model/upload-kind.js';
import type { OuterPorts } from '../model/outer-ports.interface.js';
import {
  isComplete,
  isInterim,
  takeSnapshot,
  type UploadSnapshot,
} from '../model/upload-snapshot.js';
import { UploadRefusedError } from '../model/upload.errors.js';
import type { UploadRules } from '../rules/upload-rules.js';
import type { Flusher } from './flusher.js';
import type { Transitions } from './transitions.js';

/** Milliseconds after which it is looked whether an upload was delivered to all its handlers. */
const DELIVERY_TIME = 60_000;

/** Who decides on a finish, and the lease that is held while that takes its time. */
export interface FinishContext {
  readonly lease: Lease;
  readonly policy: FinishPolicy;
  /** Whether the upload has no record yet: it is stored with the finish. */
  readonly isUnrecorded?: boolean;
}

/** What is stored with a finish, beside what is known of the upload. */
interface FinishTerms {
  /** The writer of an upload that has no record yet. */
  readonly unrecorded?: UploadWriter;
  /** What its client is to be told. */
  readonly answer?: StoredAnswer;
}

/** What there is to know of an answer that is to be kept. */
export interface AnswerTerms {
  readonly isRefusal: boolean;
  /** @throws UploadFencedError */
  assertHeld(): void;
}

/** The ways an upload becomes finished. The caller holds its lease. */
export class Finisher {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly transitions: Transitions,
    private readonly flusher: Flusher,
    private readonly ports: Pick<OuterPorts, 'completion' | 'observer'>,
    private readonly hashes?: FileHashes,
  ) {}

  /**
   * Makes the bytes durable, holds them against what their client says of them, asks who is to
   * decide, then commits the finish together with its deliveries: once a client reads success after this,
   * the handlers will run.
   *
   * @throws UploadRefusedError, the error of the verdict, or StorageFaultError and NoSpaceError when
   *   bytes were lost
   * @throws FileChangedError when the file is not what it was; the upload begins anew then
   * @throws ClosedError when the verdict comes too late
   */
  async finish(
    record: UploadRecord,
    writer: UploadWriter,
    context: FinishContext,
  ): Promise<UploadRecord> {
    await this.transitions.assertType(record, writer);
    await writer.complete();
    if (this.rules.durability !== 'none') await this.flusher.flush(record, writer);
    const { hashes } = this;
    const whole = hashes?.concern(record) ? await this.withHash(record, writer, hashes) : record;
    await writer.confirm();
    const isGuarded = !isPartial(whole) && context.policy.guards(whole);
    const unrecorded = context.isUnrecorded ? writer : undefined;
    if (!isGuarded) return this.complete(whole, { unrecorded });
    const answer = await this.ask(whole, context);
    // To be asked may have taken long.
    await writer.confirm();
    return this.complete(whole, { answer });
  }

  /** Finishes an upload whose last byte came with a request that did not get to finish it. */
  async finishIfComplete(
    snapshot: UploadSnapshot,
    context: FinishContext,
  ): Promise<UploadSnapshot> {
    if (!isComplete(snapshot)) return snapshot;
    const writer = await this.storage.openWriter(snapshot.record);
    try {
      return takeSnapshot(await this.finish(snapshot.record, writer, context));
    } catch (error) {
      await this.transitions.note(snapshot.record.id, error);
      throw error;
    } finally {
      await writer.close();
    }
  }

  /**
   * Finishes an upload that was quarantined.
   *
   * @throws FileChangedError when its file is not what it was
   */
  async release(record: UploadRecord): Promise<UploadRecord> {
    assertUnchanged(record, await this.storage.stat(record));
    return this.complete(record);
  }

  private async complete(record: UploadRecord, terms: FinishTerms = {}): Promise<UploadRecord> {
    const finished = await this.commit(record, terms);
    this.hashes?.forget(record);
    this.ports.observer.finished(finished);
    // What cannot be removed now goes with the next cleanup.
    if (!this.storage.isTidy(finished)) await this.storage.tidy(finished).catch(() => undefined);
    return finished;
  }

  private tellBegun(record: UploadRecord): void {
    this.ports.observer.created(record);
    this.ports.observer.advanced(record, record.length ?? 0);
  }

  /**
   * Stores what the client of a finished upload was told, and lets the upload go when it was
   * refused.
   *
   * @param terms whether it was, and what throws when it is another process's to answer by now
   */
  async answer(record: UploadRecord, answer: StoredAnswer, terms: AnswerTerms): Promise<void> {
    terms.assertHeld();
    if (terms.isRefusal) return this.refuse(record, answer);
    const { afterDelivery, finishedAfter, rememberFor } = this.rules;
    const removeWhenDelivered = afterDelivery === 'remove' || undefined;
    const keptFor = Math.min(finishedAfter ?? rememberFor, rememberFor);
    const dueAt = this.dueAfter(record, removeWhenDelivered ? DELIVERY_TIME : keptFor);
    await this.registry.change(record.id, (current) => {
      terms.assertHeld();
      // The application may have ended it meanwhile.
      if (current.state !== 'finished') return undefined;
      const told = { answer, removeWhenDelivered, dueAt: current.fileRemovedAt ?? dueAt };
      return { record: { ...current, ...told } };
    });
  }

  private async refuse({ id }: UploadRecord, answer: StoredAnswer): Promise<void> {
    const current = await this.registry.get(id);
    const hasEnded = current?.state === 'terminated' || current?.state === 'expired';
    if (!hasEnded) return this.transitions.end(id, 'terminated', { answer });
    // Its end was told already.
    await this.registry.change(id, (ended) => ({ record: rememberEnded({ ...ended, answer }) }));
  }

  /** @throws UploadRefusedError when the file is not what its client has said */
  private async withHash(
    record: UploadRecord,
    writer: UploadWriter,
    hashes: FileHashes,
  ): Promise<UploadRecord> {
    const { whole, refusal: answer } = await hashes.examine(record, writer.size);
    // Of another file in its place the hash says nothing.
    await writer.confirm();
    if (!answer) return whole;
    await this.transitions.end(record.id, 'terminated', { answer, hash: whole.hash });
    throw new UploadRefusedError(record.id, answer);
  }

  private async ask(
    record: UploadRecord,
    { lease, policy }: FinishContext,
  ): Promise<StoredAnswer | undefined> {
    lease.assertHeld();
    // Requests that come meanwhile are told to come again, never that the upload is complete.
    lease.pin();
    const located = this.storage.locate(record);
    // Whatever comes of it: who was given up meanwhile has the upload no more.
    const verdict = await policy.decide({ record, located }).finally(() => lease.assertHeld());
    if (verdict.kind === 'accepted') return verdict.answer;

    const { answer, quarantine, error } = verdict;
    const state = quarantine ? 'quarantined' : 'terminated';
    await this.transitions.end(record.id, state, { answer, hash: record.hash });
    const refusal: unknown = error ?? new UploadRefusedError(record.id, answer);
    throw refusal;
  }

  private async commit(
    record: UploadRecord,
    { answer, unrecorded }: FinishTerms,
  ): Promise<UploadRecord> {
    const endedAt = Date.now();
    const { stored, isMisplaced } = await this.storage.finish(record);
    if (isMisplaced) this.ports.observer.misplaced(record);
    const finished: UploadRecord = {
      ...record,
      state: 'finished',
      endedAt,
      filePath: undefined,
      stored,
      ...answered(record, answer),
      unverifiedFrom: undefined,
    };
    // Of an upload that is only a part of another, no handler is told.
    const deliveries = isPartial(record)
      ? []
      : this.ports.completion.deliveriesOf(finished, endedAt);
    const removeWhenDelivered = this.rules.afterDelivery === 'remove' && deliveries.length > 0;
    const keptFor = removeWhenDelivered ? DELIVERY_TIME : this.keptFor(finished);
    const dueAt = this.dueAfter(finished, keptFor, endedAt);
    const committed = { ...finished, removeWhenDelivered: removeWhenDelivered || undefined, dueAt };
    const { completion } = this.ports;
    try {
      await this.store({ record: committed, deliveries }, unrecorded !== undefined);
    } catch (error) {
      completion.notCommitted(deliveries);
      throw error;
    }
    // Before its handlers run.
    await unrecorded?.recorded?.();
    if (unrecorded) this.tellBegun(record);
    completion.committed(deliveries);
    return committed;
  }

  private store(change: UploadChange, isUnrecorded = false): Promise<unknown> {
    const { record, deliveries } = change;
    if (isUnrecorded) return this.registry.create(record, undefined, deliveries);
    return this.registry.change(record.id, () => change);
  }

  /** What is to be tidied up is looked after at once, for a process may die before it does. */
  private dueAfter(record: UploadRecord, milliseconds: number, from = Date.now()): number {
    return from + (this.storage.isTidy(record) ? milliseconds : 0);
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
