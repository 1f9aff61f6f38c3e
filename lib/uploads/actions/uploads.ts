import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { FileHashes } from '../bodies/file-hashes.js';
import { LengthMismatchError, PastLengthError } from '../model/append.errors.js';
import type { Lease, RevokeReason } from '../leases/lease.js';
import type { Leases } from '../leases/leases.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import { resultOf, hasFinished, needsNothing, type UploadResult } from '../model/upload-result.js';
import { isWithin, type UploadScope } from '../model/upload-scope.js';
import {
  isExpired,
  isHalfFinal,
  isUnanswered,
  takeSnapshot,
  type UploadSnapshot,
} from '../model/upload-snapshot.js';
import {
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
  UploadRefusedError,
} from '../model/upload.errors.js';
import type { AppendSlots } from '../rules/append-slots.js';
import type { Adopter, ForeignFile } from './adopter.js';
import type { Answers } from './answers.js';
import { assertAppendable, type AppendRequest } from './append-request.js';
import type { Creator, NewUpload } from './creator.js';
import type { Finisher, FinishContext } from './finisher.js';
import type { Flusher } from './flusher.js';
import type { Receiver, ReceiveResult, UploadBody } from './receiver.js';
import type { Removals } from './removals.js';
import type { Repairs } from './repairs.js';
import type { Snapshots } from './snapshots.js';
import type { Transitions } from './transitions.js';

/** What is done with an upload while it is held. */
type HeldWork<T> = (lease: Lease, snapshot: UploadSnapshot) => Promise<T>;

/** What the uploads of an instance are made of, see `createUploads()`. */
export interface UploadParts {
  readonly registry: UploadRegistry;
  readonly leases: Leases;
  readonly policy: FinishPolicy;
  readonly slots: AppendSlots;
  readonly hashes?: FileHashes;
  readonly snapshots: Snapshots;
  readonly transitions: Transitions;
  readonly flusher: Flusher;
  readonly finisher: Finisher;
  readonly repairs: Repairs;
  readonly removals: Removals;
  readonly answers: Answers;
  readonly receiver: Receiver;
  readonly creator: Creator;
  readonly adopter: Adopter;
}

/**
 * The uploads of one instance and what requests may do with them, one change at a time each.
 *
 * Methods that take a scope treat an upload outside of it as one that is not there. They throw
 * `UploadNotFoundError`, `UploadGoneError`, `UploadRefusedError`, `UploadBusyError`,
 * `UploadIdTakenError`, `NoSpaceError`, the errors of appends (append.errors.ts) and limits
 * (limit.errors.ts), and what the policy and the body throw.
 */
export class Uploads {
  /** The answers that endpoints give to those who finished their uploads. */
  readonly answers: Answers;

  constructor(private readonly parts: UploadParts) {
    this.answers = parts.answers;
  }

  /** Creates an upload that a client is to send later. */
  open(request: NewUpload): Promise<UploadRecord> {
    return this.parts.creator.open(request);
  }

  /**
   * Takes over what another server has received. A whole file stays where it is; the bytes of a part of
   * one are copied, and its client goes on from there.
   *
   * @throws UploadIdTakenError; what `Adopter.find()` and a creation throw
   */
  async adopt(file: ForeignFile): Promise<UploadSnapshot> {
    const { adopter } = this.parts;
    const found = await adopter.find(file);
    if (found.size === file.length) return takeSnapshot(await adopter.keep(file, found));
    const record = await this.open(file);
    if (!found.body.present) return takeSnapshot(record);
    return this.append(record.id, { owner: record.owner }, { offset: 0 }, found.body);
  }

  /** Creates an upload, with the bytes that came along, or of partial ones. */
  async create(
    request: NewUpload,
    body: UploadBody,
    policy = this.parts.policy,
  ): Promise<ReceiveResult & UploadResult> {
    const { parts } = request;
    // It has no id yet.
    const result = await this.parts.slots.during(
      request,
      body.present || parts !== undefined,
      () =>
        parts
          ? this.parts.creator.concatenate(request, parts, body, policy)
          : this.parts.creator.create(request, body, policy),
    );
    assertEnded(result, request.isLast);
    return withOutcome(result, result.record.state === 'finished');
  }

  /** Appends a body at the offset the request names (tus 1.0 §PATCH). */
  async append(
    id: string,
    scope: UploadScope,
    request: AppendRequest,
    body: UploadBody,
    policy = this.parts.policy,
  ): Promise<ReceiveResult & UploadResult> {
    const work = async (lease: Lease, found: UploadSnapshot) => {
      const current = await this.repairHeld(found, { lease, policy });
      const { record, offset } = current;
      const length = await this.lengthAfter(request, body, current);
      const fixed = await this.parts.transitions.fixLength(record, length);
      const { checksum, isLast, maxBytes, onAdvanced } = request;
      const context = { body, lease, policy, checksum, isLast, maxBytes, onAdvanced };
      const received = await this.parts.receiver.receive(fixed, offset, context);
      const isPast = received.end === 'overflow' && fixed.length !== undefined;
      if (isPast) await this.endPast(received.record, request);
      assertEnded(received, isLast);
      return withOutcome(received, hasFinished(found, received.record));
    };
    // That there is no such upload goes before that there is no slot for it.
    await (this.parts.slots.areTaken ? this.assertKnown(id, scope) : this.assertVisible(id, scope));
    return this.parts.slots.during(id, body.present, () => this.hold(id, scope, work));
  }

  /**
   * Tells where an upload stands, after a running append has let go (tus 1.0 §HEAD). Of one that
   * no process holds it can be told at once, so that any number of clients may ask.
   */
  async status(id: string, scope: UploadScope, policy = this.parts.policy): Promise<UploadResult> {
    const seen = await this.findIdle(id);
    const mayTell = seen && needsNothing(seen) && this.parts.flusher.mayTell(seen);
    if (mayTell && isWithin(scope, seen.record)) return resultOf(seen, seen);
    return this.holdVisible(id, scope, async (lease, found) =>
      resultOf(found, await this.repairHeld(found, { lease, policy })),
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
      const end = () => this.parts.transitions.end(id, 'terminated');
      await (isUnanswered(record) ? this.answers.during(id, end) : end());
    });
  }

  /** Ends an upload at the application's wish, of any owner. */
  discard(id: string): Promise<void> {
    return this.parts.removals.discard(id);
  }

  /** Finishes an upload that was quarantined; with one in another state nothing is done. */
  async release(id: string): Promise<void> {
    await this.parts.leases.hold(id, async () => {
      const record = await this.parts.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      if (record.state === 'quarantined') await this.parts.finisher.release(record);
    });
  }

  /** Where an upload stands, without disturbing it; `undefined` when nothing is known of it. */
  find(id: string): Promise<UploadSnapshot | undefined> {
    return this.parts.snapshots.find(id);
  }

  /** Where a record's upload stands, without disturbing it. */
  look(record: UploadRecord): Promise<UploadSnapshot> {
    return this.parts.snapshots.look(record);
  }

  /**
   * Finishes an upload whose last byte came just before its process died, cuts bytes off that were
   * never verified, and ends one that has expired, or that its process was building when it died;
   * leaves one alone that is held.
   *
   * @returns the upload afterwards; `undefined` when it is held, or unknown.
   */
  repair(id: string): Promise<UploadSnapshot | undefined> {
    return this.parts.repairs.repair(id);
  }

  /** Asks running appends and concatenations to let go, and reads no file any more. */
  interrupt(reason: RevokeReason): void {
    this.parts.hashes?.stop();
    this.parts.leases.revokeAll(reason);
  }

  /** Where an upload stands that no process holds; it is neither claimed nor disturbed. */
  private async findIdle(id: string): Promise<UploadSnapshot | undefined> {
    const { leases } = this.parts;
    const seen = await leases.unlessHeld(id, () => this.find(id));
    if (seen?.record.state !== 'receiving' || leases.isIdle(id)) return seen;
    // Another process may have had it meanwhile, and cut bytes off that were not verified, or added some.
    const now = await this.find(id);
    return now?.offset === seen.offset ? seen : undefined;
  }

  /** Does some work while holding an upload; a request that may not see it interrupts nothing. */
  private async holdVisible<T>(id: string, scope: UploadScope, work: HeldWork<T>): Promise<T> {
    await this.assertVisible(id, scope);
    return this.hold(id, scope, work);
  }

  /** What is not held is looked at under the lease, once. */
  private async assertVisible(id: string, scope: UploadScope): Promise<void> {
    if (!this.parts.leases.isIdle(id)) await this.assertKnown(id, scope);
  }

  private async assertKnown(id: string, scope: UploadScope): Promise<void> {
    const record = await this.parts.registry.get(id);
    if (!record || !isWithin(scope, record)) throw new UploadNotFoundError(id);
  }

  private hold<T>(id: string, scope: UploadScope, work: HeldWork<T>): Promise<T> {
    return this.parts.leases.hold(id, async (lease) => work(lease, await this.load(id, scope)));
  }

  /** Bytes the upload has from now on, if the request may be done. */
  private async lengthAfter(
    request: AppendRequest,
    body: UploadBody,
    current: UploadSnapshot,
  ): Promise<number | undefined> {
    try {
      return assertAppendable(request, body.present ? body.length : 0, current);
    } catch (error) {
      if (error instanceof PastLengthError) await this.endPast(current.record, request);
      throw error;
    }
  }

  /** What is said of an upload that gets more bytes than it has is not to be trusted any more. */
  private async endPast({ id, state }: UploadRecord, request: AppendRequest): Promise<void> {
    if (!request.endsWhenPast || state !== 'receiving') return;
    await this.parts.transitions.end(id, 'terminated');
  }

  /** Does what there is to do before a client is told where an upload stands. */
  private async repairHeld(found: UploadSnapshot, context: FinishContext): Promise<UploadSnapshot> {
    if (!this.parts.flusher.mayTell(found)) await this.parts.flusher.flushLeft(found);
    return this.parts.finisher.finishIfComplete(found, context);
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
    if (isHalfFinal(record)) await this.parts.transitions.end(id, 'expired');
    if (isHalfFinal(record) || isExpired(snapshot, Date.now())) {
      throw new UploadGoneError(id, 'expired');
    }
    if (snapshot.fault !== undefined) {
      await this.parts.transitions.renew(snapshot);
      return this.load(id, scope);
    }
    if (unverifiedFrom === undefined) return snapshot;
    await this.parts.transitions.cutUnverified(record);
    return this.load(id, scope);
  }

  private async isBeingDelivered(uploadId: string): Promise<boolean> {
    const running = await this.parts.registry.deliveries({ uploadId, state: 'running', limit: 1 });
    return running.items.length > 0;
  }
}

/** @throws LengthMismatchError where the last bytes have come, and are too few; they are kept */
function assertEnded({ end, record, offset }: ReceiveResult, isLast = false): void {
  if (!isLast || end !== 'ended' || record.state !== 'receiving') return;
  throw new LengthMismatchError(
    `The upload ends at ${offset} bytes; its length is ${record.length}.`,
  );
}

function withOutcome(
  result: ReceiveResult,
  hasJustFinished: boolean,
): ReceiveResult & UploadResult {
  const { record, offset, expiresAt, end } = result;
  return { record, offset, expiresAt, end, hasJustFinished };
}
