import { ClosedError } from '../../errors/index.js';
import type { UploadKind, UploadRecord, UploadTerms } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import type { ExpectedChecksum } from '../bodies/body-check.js';
import { inSteps } from '../leases/in-steps.js';
import type { Lease } from '../leases/lease.js';
import type { Leases } from '../leases/leases.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import { neededRepair } from '../model/needed-repair.js';
import { newId } from '../model/new-id.js';
import type { UploadScope } from '../model/upload-scope.js';
import { endsWith, takeSnapshot, type UploadSnapshot } from '../model/upload-snapshot.js';
import { LateRecords } from '../rules/late-records.js';
import type { Quota, UploadRules } from '../rules/upload-rules.js';
import { Concatenator } from './concatenator.js';
import type { Finisher } from './finisher.js';
import type { GivenIds } from './given-ids.js';
import { Interruption } from './interruption.js';
import {
  received,
  type AppendContext,
  type ReceiveResult,
  type Receiver,
  type UploadBody,
} from './receiver.js';
import type { Removals } from './removals.js';
import type { Repairs } from './repairs.js';
import type { Snapshots } from './snapshots.js';
import type { Transitions } from './transitions.js';

/** An upload that is asked for, and whom it is for. */
export interface NewUpload extends UploadScope {
  /** Bytes it will have; absent while the client defers it, and of a final upload. */
  readonly length?: number;
  /** What its client says of it, as the protocol has it. */
  readonly metadata?: string;
  /** What the body must hash to. */
  readonly checksum?: ExpectedChecksum;
  /** Whether it is part of others, or made of others; absent: neither. */
  readonly kind?: UploadKind;
  /** Ids of the partial uploads it is made of, in order; of a final one only. */
  readonly parts?: readonly string[];
  /** How its client has said so, to be told again. */
  readonly concat?: string;
  /** What the application calls it; absent: a random id. */
  readonly id?: string;
  /** Most bytes it may have; absent: no limit. */
  readonly maxSize?: number;
  /** What its owner may have at a time; absent: no limit. */
  readonly quota?: Quota;
  /** What its endpoint is to know of its creation at the end, as JSON. */
  readonly query?: string;
  /** Path inside the storage at which the finished file is to lie; absent: its id. */
  readonly filePath?: string;
  readonly terms?: UploadTerms;
  /** Whether nothing follows the bytes that come along; absent: the length tells. */
  readonly isLast?: boolean;
  /** Whether nothing is left of it unless all of it comes along. */
  readonly isOneShot?: boolean;
  /** Most bytes that may come along; absent: no limit. */
  readonly maxBytes?: number;
  /**
   * Is told of the upload once it is there: before its bytes are asked for, or, where all of them have come
   * by then, once they may be stored, too.
   *
   * @returns whether its client knows by now where to go on
   */
  onBegun?(this: void, record: UploadRecord): boolean;
  /** Is told how many bytes the upload has, while they come. */
  onAdvanced?(this: void, offset: number): void;
}

/** What a creation asks of, and does to, the uploads that are there. */
export interface ExistingUploads {
  readonly snapshots: Snapshots;
  readonly repairs: Repairs;
  readonly removals: Removals;
}

/** The ways uploads come into being. */
export class Creator {
  private readonly concatenator: Concatenator;
  private readonly lateRecords: LateRecords;

  constructor(
    private readonly existing: ExistingUploads,
    private readonly givenIds: GivenIds,
    storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly leases: Leases,
    private readonly transitions: Transitions,
    finisher: Finisher,
    private readonly receiver: Receiver,
  ) {
    this.concatenator = new Concatenator(storage, finisher);
    this.lateRecords = new LateRecords(storage, rules);
  }

  /**
   * Creates an upload and receives the bytes that came along (tus 1.0 §Creation With Upload).
   *
   * @throws UploadIdTakenError, as all that create one
   */
  async create(request: NewUpload, body: UploadBody, policy: FinishPolicy): Promise<ReceiveResult> {
    const asked = this.newRecord(request);
    const { checksum, isLast, maxBytes, onAdvanced } = request;
    // Nothing to store yet, and asking the storage what it has would cost an eighth of it all.
    const isEmpty = !body.present && !endsWith(asked, 0, isLast) && !checksum;
    if (isEmpty) return this.createEmpty(asked, request);
    const { present, length } = body;
    const isUnrecorded =
      isPlain(request, body) && this.lateRecords.suit(asked, { present, length, isLast }, policy);
    const receive = async (lease: Lease): Promise<ReceiveResult> => {
      const record = isUnrecorded ? asked : await this.transitions.begin(asked, request.quota);
      const isKnown = !isUnrecorded && (request.onBegun?.(record) ?? false);
      const given = { checksum, isLast, maxBytes, onAdvanced };
      const context = { body, lease, policy, isUnrecorded, ...given };
      if (isKnown) return this.receiveKnown(record, context);
      const result = await this.receiveFirst(record, context);
      if (isUnrecorded) request.onBegun?.(result.record);
      const mustBeWhole = request.isOneShot || result.end === 'oversize';
      const isBroken = mustBeWhole && result.record.state === 'receiving';
      if (isBroken) await this.transitions.abandon(record.id);
      return result;
    };
    if (isUnrecorded) return this.leases.holdUnclaimed(asked.id, receive);
    return this.holdNew(asked, request, receive);
  }

  /** Creates an upload without bytes. */
  async open(request: NewUpload): Promise<UploadRecord> {
    if (request.id !== undefined) await this.givenIds.assertFree(request.id);
    return this.transitions.begin(this.newRecord(request), request.quota);
  }

  /**
   * Makes a final upload of partial ones, unless its client leaves or the app ends meanwhile: nothing
   * is left of it then. A crash in the middle leaves the partial ones as they were.
   *
   * @param body has no bytes
   */
  async concatenate(
    request: NewUpload,
    parts: readonly string[],
    body: UploadBody,
    policy: FinishPolicy,
  ): Promise<ReceiveResult> {
    const find = (id: string) => this.findPart(id);
    const measured = await this.concatenator.measure(parts, request, find);
    const record = this.newRecord({ ...request, kind: 'final', length: measured.length });
    return this.holdNew(record, request, async (lease) => {
      await this.transitions.begin(record, request.quota);
      const interruption = new Interruption(body, lease);
      const context = { lease, policy, signal: interruption.signal };
      try {
        const finished = await this.concatenator.build(record, measured.parts, context);
        if (this.rules.removePartials) await this.removeParts(parts);
        return received(takeSnapshot(finished), 'ended');
      } catch (error) {
        const end = interruption.endFor(error);
        if (end === undefined) return this.abandon(record, error);
        await this.transitions.abandon(record.id);
        return received(takeSnapshot(record), end);
      }
    });
  }

  private createEmpty(asked: UploadRecord, request: NewUpload): Promise<ReceiveResult> {
    const work = async () => {
      const record = await this.transitions.begin(asked, request.quota);
      request.onBegun?.(record);
      return received(takeSnapshot(record), 'ended');
    };
    const { id: given } = request;
    return given === undefined
      ? this.leases.holdUnclaimed(asked.id, work)
      : this.givenIds.hold(given, work);
  }

  private holdNew<T>(
    { id }: UploadRecord,
    { id: given }: NewUpload,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    return given === undefined ? this.leases.holdNew(id, work) : this.givenIds.hold(id, work);
  }

  /** Most parts are finished by now, and need no more than a look. */
  private async findPart(id: string): Promise<UploadSnapshot | undefined> {
    const { snapshots, repairs } = this.existing;
    const found = await snapshots.find(id);
    if (!found || neededRepair(found) === undefined) return found;
    return (await repairs.repair(id)) ?? (await snapshots.find(id));
  }

  private newRecord(request: NewUpload): UploadRecord {
    const { length, maxSize, metadata, owner, endpoint, binding, query, filePath, kind, concat } =
      request;
    const { protocol, terms } = request;
    const createdAt = Date.now();
    const { validFor } = this.rules;
    return {
      id: request.id ?? newId(),
      state: 'receiving',
      length,
      maxSize,
      metadata,
      protocol,
      terms,
      kind,
      concat,
      owner,
      endpoint,
      binding,
      query,
      // Parts are never placed.
      filePath: kind === 'partial' ? undefined : filePath,
      createdAt,
      validFor,
      dueAt: validFor === undefined ? undefined : createdAt + validFor,
    };
  }

  /** A client that knows the URL can come back to what is left. */
  private async receiveKnown(record: UploadRecord, context: AppendContext): Promise<ReceiveResult> {
    const result = await this.receiver.receive(record, 0, context);
    context.lease.assertHeld();
    if (result.end === 'overflow') await this.transitions.abandon(record.id);
    return result;
  }

  /** A client whose creation is refused has no URL to come back to, so nothing of it is left. */
  private async receiveFirst(record: UploadRecord, context: AppendContext): Promise<ReceiveResult> {
    try {
      return await this.receiveKnown(record, context);
    } catch (error) {
      return this.abandon(record, error, context.isUnrecorded);
    }
  }

  /**
   * The first fault is the one to report; what cannot be removed now, cleanup removes later. No bytes go
   * by what was known before: the upload may be finished, for all that was heard of it.
   */
  private async abandon(
    record: UploadRecord,
    error: unknown,
    isUnrecorded = false,
  ): Promise<never> {
    // It may be another process's by now.
    if (error instanceof ClosedError) throw error;
    const { transitions } = this;
    const abandoning = isUnrecorded
      ? transitions.abandonUnrecorded(record, error)
      : transitions.abandon(record.id);
    await abandoning.catch(() => undefined);
    throw error;
  }

  private async removeParts(parts: readonly string[]): Promise<void> {
    // One that cannot be removed now expires later.
    const { removals } = this.existing;
    await inSteps([...new Set(parts)], (id) => removals.discard(id).catch(() => undefined));
  }
}

/** Whether nothing of a new upload has to be known before its bytes come, or before they are stored. */
function isPlain({ id, quota, checksum, onBegun }: NewUpload, { isHere }: UploadBody): boolean {
  const mustBeTold = onBegun !== undefined && !isHere;
  return id === undefined && !quota && !checksum && !mustBeTold;
}
