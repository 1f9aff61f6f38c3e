import { randomBytes } from 'node:crypto';
import {
  assertAppendable,
  finalIsClosed,
  isFinal,
  type AppendRequest,
  type CreationRequest,
} from '../protocol/index.js';
import type { UploadRecord, UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import type { BodyEnd } from './body-pump.js';
import type { Completion } from './completion.interface.js';
import { Concatenator, isHalfFinal } from './concatenator.js';
import type { Lease, RevokeReason } from './lease.js';
import type { Leases } from './leases.js';
import { Receiver, type Parcel, type UploadBody } from './receiver.js';
import { Transitions } from './transitions.js';
import { UploadBusyError, UploadGoneError, UploadNotFoundError } from './upload.errors.js';
import type { UploadRules } from './upload-rules.js';
import { isComplete, isExpired, takeSnapshot, type UploadSnapshot } from './upload-snapshot.js';

/** A creation as the protocol states it, and whom it is for. */
export interface NewUpload extends CreationRequest {
  readonly owner?: string;
  /** Most bytes it may have; absent: no limit. */
  readonly maxSize?: number;
}

/** The upload after a body was received, and how that body ended. */
export interface ReceiveResult extends UploadSnapshot {
  readonly end: BodyEnd;
}

/**
 * The uploads of one instance and what requests may do with them, one change at a time each.
 *
 * Methods that take an `owner` treat an upload of another owner as one that is not there. They
 * throw `UploadNotFoundError`, `UploadGoneError`, `UploadBusyError`, `NoSpaceError`, and a
 * `ProtocolError` for a request that contradicts the upload's state.
 */
export class Uploads {
  private readonly transitions: Transitions;
  private readonly receiver: Receiver;
  private readonly concatenator: Concatenator;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly leases: Leases,
    completion: Completion,
  ) {
    this.transitions = new Transitions(registry, storage, rules, completion);
    this.concatenator = new Concatenator(storage, this.transitions);
    this.receiver = new Receiver(storage, rules, this.transitions);
  }

  /** Creates an upload and receives the bytes that came along (tus 1.0 §Creation With Upload). */
  async create(request: NewUpload, body: UploadBody): Promise<ReceiveResult> {
    if (request.concat?.kind === 'final') return this.concatenate(request, request.concat.parts);
    const record = this.newRecord(request);
    return this.leases.hold(record.id, async (lease) => {
      await this.transitions.begin(record);
      // Nothing to store yet, and asking the storage what it has would cost an eighth of it all.
      const isEmpty = !body.present && record.length !== 0 && !request.checksum;
      if (isEmpty) return { ...takeSnapshot(record), end: 'ended' };
      return this.receiveFirst(record, { body, lease, checksum: request.checksum });
    });
  }

  /** Appends a body at the offset the request names (tus 1.0 §PATCH). */
  async append(
    id: string,
    owner: string | undefined,
    request: AppendRequest,
    body: UploadBody,
  ): Promise<ReceiveResult> {
    return this.holdOwned(id, owner, async (lease, { record, offset }) => {
      if (isFinal(record.concat)) throw finalIsClosed();
      const state = { offset, length: record.length };
      const length = assertAppendable(request, body, state, record.maxSize);
      const fixed = await this.transitions.fixLength(record, length);
      const { checksum } = request;
      return this.receive(fixed, offset, { body, lease, checksum });
    });
  }

  /** Tells where an upload stands, after a running append has let go (tus 1.0 §HEAD). */
  async status(id: string, owner: string | undefined): Promise<UploadSnapshot> {
    return this.holdOwned(id, owner, (_lease, snapshot) => Promise.resolve(snapshot));
  }

  /**
   * Ends an upload at its client's wish and frees its bytes (tus 1.0 §Termination). A finished one
   * stays while a handler has it in hand.
   */
  async terminate(id: string, owner: string | undefined): Promise<void> {
    await this.holdOwned(id, owner, async (_lease, { record }) => {
      if (record.state === 'finished' && (await this.isBeingDelivered(id))) {
        throw new UploadBusyError(id);
      }
      await this.transitions.end(id, 'terminated');
    });
  }

  /** Ends an upload at the application's wish, whoever it belongs to. */
  async discard(id: string): Promise<void> {
    await this.leases.hold(id, async () => {
      const record = await this.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      const isOver = record.state === 'terminated' || record.state === 'expired';
      if (!isOver) await this.transitions.end(id, 'terminated');
    });
  }

  /** Where an upload stands, without disturbing it; `undefined` when nothing is known of it. */
  async find(id: string): Promise<UploadSnapshot | undefined> {
    const record = await this.registry.get(id);
    return record && this.look(record);
  }

  /** Where a record's upload stands, without disturbing it. */
  async look(record: UploadRecord): Promise<UploadSnapshot> {
    if (record.state !== 'receiving') return takeSnapshot(record);
    return takeSnapshot(record, await this.storage.stat(record.id));
  }

  /**
   * Finishes an upload whose last byte came just before its process died, and ends one that has
   * expired, or that its process was building when it died; leaves one alone that is in hand.
   *
   * @returns the upload afterwards; `undefined` when it is in hand, or unknown.
   */
  async settle(id: string): Promise<UploadSnapshot | undefined> {
    const lease = await this.leases.tryAcquire(id);
    if (!lease) return undefined;
    try {
      const snapshot = await this.find(id);
      if (!snapshot) return undefined;
      const isOver = isExpired(snapshot, Date.now()) || isHalfFinal(snapshot.record);
      if (!isOver) return await this.finishIfComplete(snapshot);
      await this.transitions.end(id, 'expired');
      return await this.find(id);
    } finally {
      lease.release();
    }
  }

  /** Asks running appends to let go; their bytes are kept. */
  interrupt(reason: RevokeReason): void {
    this.leases.revokeAll(reason);
  }

  /** Does some work while holding an upload; whoever it does not belong to interrupts nothing. */
  private async holdOwned<T>(
    id: string,
    owner: string | undefined,
    work: (lease: Lease, snapshot: UploadSnapshot) => Promise<T>,
  ): Promise<T> {
    const record = await this.registry.get(id);
    if (!record || record.owner !== owner) throw new UploadNotFoundError(id);
    return this.leases.hold(id, async (lease) => work(lease, await this.load(id, owner)));
  }

  /** The upload as its owner may see it. The caller holds the lease. */
  private async load(id: string, owner: string | undefined): Promise<UploadSnapshot> {
    const snapshot = await this.find(id);
    if (!snapshot || snapshot.record.owner !== owner) throw new UploadNotFoundError(id);

    const { state } = snapshot.record;
    if (state === 'terminated' || state === 'expired') throw new UploadGoneError(id, state);
    if (isExpired(snapshot, Date.now())) throw new UploadGoneError(id, 'expired');
    if (snapshot.record.unverifiedFrom !== undefined) {
      await this.transitions.cutUnverified(snapshot.record);
      return this.load(id, owner);
    }
    return this.finishIfComplete(snapshot);
  }

  private async finishIfComplete(snapshot: UploadSnapshot): Promise<UploadSnapshot> {
    if (!isComplete(snapshot)) return snapshot;
    const writer = await this.storage.openWriter(snapshot.record.id);
    try {
      return takeSnapshot(await this.transitions.finish(snapshot.record, writer));
    } finally {
      await writer.close();
    }
  }

  /** Makes a final upload of partial ones; a crash in the middle leaves those as they were. */
  private async concatenate(request: NewUpload, parts: readonly string[]): Promise<ReceiveResult> {
    const find = async (id: string) => (await this.settle(id)) ?? (await this.find(id));
    const length = await this.concatenator.measure(parts, request, find);
    const record = this.newRecord({ ...request, length });
    return this.leases.hold(record.id, async () => {
      await this.transitions.begin(record);
      const finished = await this.concatenator.build(record, parts).catch((error: unknown) => {
        return this.removeAndThrow(record.id, error);
      });
      if (this.rules.removePartials) await this.removeParts(parts);
      return { ...takeSnapshot(finished), end: 'ended' };
    });
  }

  private newRecord({ length, maxSize, metadata, owner, concatHeader }: NewUpload): UploadRecord {
    const createdAt = Date.now();
    const { validFor } = this.rules;
    return {
      id: randomBytes(16).toString('hex'),
      state: 'receiving',
      length,
      maxSize,
      metadata,
      concat: concatHeader,
      owner,
      createdAt,
      validFor,
      dueAt: validFor === undefined ? undefined : createdAt + validFor,
    };
  }

  /** A client whose creation is refused has no URL to come back to, so nothing of it is left. */
  private async receiveFirst(record: UploadRecord, parcel: Parcel): Promise<ReceiveResult> {
    try {
      const result = await this.receive(record, 0, parcel);
      if (result.end === 'overflow') await this.transitions.end(record.id, 'terminated');
      return result;
    } catch (error) {
      return this.removeAndThrow(record.id, error);
    }
  }

  /** The first fault is the one to report; what cannot be removed now, cleanup removes later. */
  private async removeAndThrow(id: string, error: unknown): Promise<never> {
    const end = this.transitions.end(id, 'terminated');
    // The bytes nobody can come back to may be what filled the disk, so that no record changes.
    await end.catch(() => this.storage.remove(id)).catch(() => undefined);
    throw error;
  }

  private async removeParts(parts: readonly string[]): Promise<void> {
    const removals = [...new Set(parts)].map((id) => this.discard(id));
    // One that cannot be removed now expires later.
    await Promise.allSettled(removals);
  }

  private async receive(
    record: UploadRecord,
    offset: number,
    parcel: Parcel,
  ): Promise<ReceiveResult> {
    const received = await this.receiver.receive(record, offset, parcel);
    return { ...(await this.look(received.record)), end: received.end };
  }

  private async isBeingDelivered(uploadId: string): Promise<boolean> {
    const running = await this.registry.deliveries({ uploadId, state: 'running', limit: 1 });
    return running.items.length > 0;
  }
}
