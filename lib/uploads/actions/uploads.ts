import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { assertAppendable, type AppendRequest } from './append-request.js';
import { AppendSlots } from '../rules/append-slots.js';
import { Answers } from './answers.js';
import { resultOf, hasFinished, isSettled, type UploadResult } from '../model/upload-result.js';
import { EndedUploads } from './ended-uploads.js';
import { Creator, type ExistingUploads, type NewUpload } from './creator.js';
import { FileHashes } from '../bodies/file-hashes.js';
import type { FinishGate } from '../model/finish-gate.interface.js';
import { Finisher, type FinishContext } from './finisher.js';
import { Flusher } from './flusher.js';
import type { Lease, RevokeReason } from '../leases/lease.js';
import type { Leases } from '../leases/leases.js';
import { Repairs } from './repairs.js';
import { Receiver, type ReceiveResult, type UploadBody } from './receiver.js';
import { Transitions } from './transitions.js';
import type { UploadParties } from '../model/upload-parties.interface.js';
import {
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
  UploadRefusedError,
} from '../model/upload.errors.js';
import type { UploadRules } from '../rules/upload-rules.js';
import { isWithin, type UploadScope } from '../model/upload-scope.js';
import {
  isExpired,
  isHalfFinal,
  isUnanswered,
  takeSnapshot,
  type UploadSnapshot,
} from '../model/upload-snapshot.js';

/** What is done with an upload while it is held. */
type HeldWork<T> = (lease: Lease, snapshot: UploadSnapshot) => Promise<T>;

/**
 * The uploads of one instance and what requests may do with them, one change at a time each.
 *
 * Methods that take a scope treat an upload outside of it as one that is not there. They throw
 * `UploadNotFoundError`, `UploadGoneError`, `UploadRefusedError`, `UploadBusyError`,
 * `UploadIdTakenError`, `NoSpaceError`, the errors of appends (append.errors.ts) and limits
 * (limit.errors.ts), and what the gate and the body throw.
 */
export class Uploads implements ExistingUploads {
  readonly answers: Answers;
  private readonly transitions: Transitions;
  private readonly flusher: Flusher;
  private readonly finisher: Finisher;
  private readonly receiver: Receiver;
  private readonly creator: Creator;
  private readonly repairs: Repairs;
  private readonly slots: AppendSlots;
  private readonly hashes?: FileHashes;
  private readonly gate: FinishGate;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    rules: UploadRules,
    private readonly leases: Leases,
    parties: UploadParties,
  ) {
    const { observer, gate } = parties;
    this.gate = gate;
    this.slots = new AppendSlots(rules.maxAppends);
    if (rules.hash) this.hashes = new FileHashes(storage, rules.hash);
    this.transitions = new Transitions(
      registry,
      storage,
      rules,
      new EndedUploads(registry, storage, leases),
      observer,
      this.hashes,
    );
    this.flusher = new Flusher(registry, storage, rules, observer, this.hashes);
    this.finisher = new Finisher(
      registry,
      storage,
      rules,
      this.transitions,
      this.flusher,
      parties,
      this.hashes,
    );
    this.repairs = new Repairs(this, leases, this.transitions, this.finisher, gate);
    this.answers = new Answers(registry, leases, this.finisher);
    this.receiver = new Receiver(
      storage,
      rules,
      this.transitions,
      this.flusher,
      this.finisher,
      observer,
      this.hashes,
    );
    this.creator = new Creator(
      this,
      storage,
      rules,
      leases,
      this.transitions,
      this.finisher,
      this.receiver,
    );
  }

  /** Creates an upload that a client is to send later. */
  open(request: NewUpload): Promise<UploadRecord> {
    return this.creator.open(request);
  }

  /** Creates an upload, with the bytes that came along, or of partial ones. */
  async create(
    request: NewUpload,
    body: UploadBody,
    gate = this.gate,
  ): Promise<ReceiveResult & UploadResult> {
    const { parts } = request;
    // It has no id yet.
    const result = await this.slots.during(request, body.present || parts !== undefined, () =>
      parts
        ? this.creator.concatenate(request, parts, body, gate)
        : this.creator.create(request, body, gate),
    );
    return withOutcome(result, result.record.state === 'finished');
  }

  /** Appends a body at the offset the request names (tus 1.0 §PATCH). */
  async append(
    id: string,
    scope: UploadScope,
    request: AppendRequest,
    body: UploadBody,
    gate = this.gate,
  ): Promise<ReceiveResult & UploadResult> {
    const work = async (lease: Lease, found: UploadSnapshot) => {
      const current = await this.settleHeld(found, { lease, gate });
      const { record, offset } = current;
      const length = assertAppendable(request, body.length ?? 0, current);
      const fixed = await this.transitions.fixLength(record, length);
      const { checksum } = request;
      const context = { body, lease, gate, checksum };
      const received = await this.receiver.receive(fixed, offset, context);
      return withOutcome(received, hasFinished(found, received.record));
    };
    // That there is no such upload goes before that there is no slot for it.
    await (this.slots.areTaken ? this.assertKnown(id, scope) : this.assertVisible(id, scope));
    return this.slots.during(id, body.present, () => this.hold(id, scope, work));
  }

  /**
   * Tells where an upload stands, after a running append has let go (tus 1.0 §HEAD). Of one that
   * is not held it can be told at once, so that any number of clients may ask.
   */
  async status(id: string, scope: UploadScope, gate = this.gate): Promise<UploadResult> {
    const seen = this.leases.isIdle(id) ? await this.find(id) : undefined;
    const mayTell = seen && isSettled(seen) && this.flusher.mayTell(seen);
    const isKnown = mayTell && isWithin(scope, seen.record);
    // Bytes that another process is receiving by now may not be verified yet.
    if (isKnown && this.leases.isStillIdle(id)) return resultOf(seen, seen);
    return this.holdVisible(id, scope, async (lease, found) =>
      resultOf(found, await this.settleHeld(found, { lease, gate })),
    );
  }

  /**
   * Ends an upload at its client's wish and frees its bytes (tus 1.0 §Termination). A finished one
   * stays while a handler works on it.
   */
  async terminate(id: string, scope: UploadScope): Promise<void> {
    await this.holdVisible(id, scope, async (_lease, { record }) => {
      if (record.state === 'finished' && (await this.isBeingDelivered(id))) {
        throw new UploadBusyError(id);
      }
      const end = () => this.transitions.end(id, 'terminated');
      await (isUnanswered(record) ? this.answers.during(id, end) : end());
    });
  }

  /** Ends an upload at the application's wish, of any owner. */
  async discard(id: string): Promise<void> {
    await this.leases.hold(id, async () => {
      const record = await this.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      const isOver = record.state === 'terminated' || record.state === 'expired';
      if (!isOver) await this.transitions.end(id, 'terminated');
    });
  }

  /** Finishes an upload that was quarantined; with one in another state nothing is done. */
  async release(id: string): Promise<void> {
    await this.leases.hold(id, async () => {
      const record = await this.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      if (record.state === 'quarantined') await this.finisher.release(record);
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
   * Finishes an upload whose last byte came just before its process died, cuts bytes off that were
   * never verified, and ends one that has expired, or that its process was building when it died;
   * leaves one alone that is held.
   *
   * @returns the upload afterwards; `undefined` when it is held, or unknown.
   */
  settle(id: string): Promise<UploadSnapshot | undefined> {
    return this.repairs.settle(id);
  }

  /** Asks running appends and concatenations to let go, and reads no file any more. */
  interrupt(reason: RevokeReason): void {
    this.hashes?.stop();
    this.leases.revokeAll(reason);
  }

  /** Does some work while holding an upload; a request that may not see it interrupts nothing. */
  private async holdVisible<T>(id: string, scope: UploadScope, work: HeldWork<T>): Promise<T> {
    await this.assertVisible(id, scope);
    return this.hold(id, scope, work);
  }

  /** What is not held is looked at under the lease, once. */
  private async assertVisible(id: string, scope: UploadScope): Promise<void> {
    if (!this.leases.isIdle(id)) await this.assertKnown(id, scope);
  }

  private async assertKnown(id: string, scope: UploadScope): Promise<void> {
    const record = await this.registry.get(id);
    if (!record || !isWithin(scope, record)) throw new UploadNotFoundError(id);
  }

  private hold<T>(id: string, scope: UploadScope, work: HeldWork<T>): Promise<T> {
    return this.leases.hold(id, async (lease) => work(lease, await this.load(id, scope)));
  }

  /** Does what there is to do before a client is told where an upload stands. */
  private async settleHeld(found: UploadSnapshot, context: FinishContext): Promise<UploadSnapshot> {
    if (!this.flusher.mayTell(found)) await this.flusher.flushLeft(found);
    return this.finisher.finishIfComplete(found, context);
  }

  /** The upload as its client may see it. The caller holds the lease. */
  private async load(id: string, scope: UploadScope): Promise<UploadSnapshot> {
    const snapshot = await this.find(id);
    if (!snapshot || !isWithin(scope, snapshot.record)) throw new UploadNotFoundError(id);
    const { record } = snapshot;
    const { state, answer, unverifiedFrom } = record;
    if (state !== 'receiving' && state !== 'finished') {
      if (answer) throw new UploadRefusedError(id, answer);
      throw new UploadGoneError(id, state === 'expired' ? state : 'terminated');
    }
    // Before it is asked whether all bytes are there: its file may be as long as the whole.
    if (isHalfFinal(record)) await this.transitions.end(id, 'expired');
    if (isHalfFinal(record) || isExpired(snapshot, Date.now())) {
      throw new UploadGoneError(id, 'expired');
    }
    if (snapshot.fault !== undefined) {
      await this.transitions.renew(snapshot);
      return this.load(id, scope);
    }
    if (unverifiedFrom === undefined) return snapshot;
    await this.transitions.cutUnverified(record);
    return this.load(id, scope);
  }

  private async isBeingDelivered(uploadId: string): Promise<boolean> {
    const running = await this.registry.deliveries({ uploadId, state: 'running', limit: 1 });
    return running.items.length > 0;
  }
}

function withOutcome(
  result: ReceiveResult,
  hasJustFinished: boolean,
): ReceiveResult & UploadResult {
  const { record, offset, expiresAt, end } = result;
  return { record, offset, expiresAt, end, hasJustFinished };
}
