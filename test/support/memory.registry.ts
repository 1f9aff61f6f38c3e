import {
  assertNotLost,
  ClosedError,
  UploadIdTakenError,
  type Fence,
} from '../../lib/errors/index.js';
import { checkChange } from '../../lib/registry/check-change.js';
import { released, revived, settled, taken } from '../../lib/registry/delivery-steps.js';
import type {
  DeliveryKey,
  DeliveryOutcome,
  DeliveryQuery,
  DeliveryRecord,
  DueTerms,
  Page,
  UploadChange,
  UploadQuery,
  UploadRecord,
  UploadRegistry,
  Usages,
} from '../../lib/registry/index.js';
import { checkName } from '../../lib/registry/names.js';
import { decodeCursor, pageLimit, toPage, uploadPosition } from '../../lib/registry/paging.js';
import { addUsage, NO_USAGE, usageOf } from '../../lib/registry/usage.js';

type Position = readonly (string | number)[];

/** What registries in memory share: the rows as texts, so that none is another's object. */
export class MemoryPlace {
  /** By id. */
  readonly uploads = new Rows<UploadRecord>();
  /** By upload and handler. */
  readonly deliveries = new Rows<DeliveryRecord>();
}

class Rows<R> {
  private readonly texts = new Map<string, string>();

  get all(): R[] {
    return [...this.texts.values()].map((text) => JSON.parse(text) as R);
  }

  get(key: string): R | undefined {
    const text = this.texts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as R);
  }

  put(key: string, row: R): void {
    this.texts.set(key, JSON.stringify(row));
  }

  remove(key: string): void {
    this.texts.delete(key);
  }
}

/**
 * A registry in memory, as plain as can be, for tests of what works on one: a step is atomic because
 * it does not wait.
 */
export class MemoryRegistry implements UploadRegistry {
  private isOpen = false;

  constructor(
    private readonly place = new MemoryPlace(),
    private readonly fence?: Fence,
  ) {}

  async open(): Promise<void> {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }

  async get(id: string): Promise<UploadRecord | undefined> {
    return this.uploads.get(id);
  }

  async create(
    record: UploadRecord,
    admit = (_usages: Usages): UploadRecord => record,
    deliveries: readonly DeliveryRecord[] = [],
  ): Promise<UploadRecord> {
    const isTaken = this.uploads.all.some(({ id }) => id.toLowerCase() === record.id.toLowerCase());
    if (isTaken) throw new UploadIdTakenError(record.id);
    const admitted = admit(this.usagesOf(record.owner));
    checkChange(record.id, { record: admitted, deliveries });
    this.uploads.put(admitted.id, admitted);
    for (const row of deliveries) this.put(row);
    return admitted;
  }

  async usage(owner: string | undefined): Promise<Usages> {
    return this.usagesOf(owner);
  }

  async change(
    id: string,
    decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
  ): Promise<UploadRecord | undefined> {
    assertNotLost(this.fence, id);
    const record = this.uploads.get(id);
    const change = record && decide(record, () => this.usagesOf(record.owner));
    if (!change) return record;
    checkChange(id, change);
    this.uploads.put(id, change.record);
    for (const row of change.deliveries ?? []) {
      if (this.deliveryAt(row)?.state !== 'running') this.put(row);
    }
    return change.record;
  }

  async forget(id: string, dueAt: number): Promise<void> {
    assertNotLost(this.fence, id);
    if (this.uploads.get(id)?.dueAt !== dueAt) return;
    this.uploads.remove(id);
    for (const row of this.rowsOf(id)) this.rows.remove(keyOf(row));
  }

  async due(until: number, limit: number): Promise<UploadRecord[]> {
    const due = this.uploads.all.filter(({ dueAt = Infinity }) => dueAt <= until);
    return sorted(due, ({ dueAt = 0, id }) => [dueAt, id]).slice(0, limit);
  }

  async endedBefore(last: number, owner: string | undefined): Promise<UploadRecord[]> {
    const ended = this.uploads.all.filter(
      (record) => record.owner === owner && ['terminated', 'expired'].includes(record.state),
    );
    const inOrder = sorted(ended, ({ endedAt = 0, id }) => [endedAt, id]);
    return inOrder.slice(0, Math.max(inOrder.length - last, 0));
  }

  async list(query: UploadQuery): Promise<Page<UploadRecord>> {
    const { owner, state, newestFirst } = query;
    const found = this.uploads.all.filter(
      (record) =>
        (owner ?? record.owner) === record.owner && (state ?? record.state) === record.state,
    );
    const positionOf = ({ state: group, createdAt, id }: UploadRecord) => [group, createdAt, id];
    return pageOf(found, positionOf, uploadPosition(query), query.limit, newestFirst);
  }

  async deliveries(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    const { state, uploadId } = query;
    const found = this.rows.all.filter(
      (row) => (state ?? row.state) === row.state && (uploadId ?? row.uploadId) === row.uploadId,
    );
    const positionOf = (row: DeliveryRecord) => [state ?? '', row.uploadId, row.handler];
    return pageOf(found, positionOf, deliveryPosition(query), query.limit);
  }

  async dueDeliveries(
    until: number,
    termsOf: (handler: string) => DueTerms,
  ): Promise<DeliveryRecord[]> {
    const due = [...this.waiting().entries()].flatMap(([handler, rows]) => {
      const { limit, latest = Infinity } = termsOf(handler);
      const inTime = rows.filter(({ dueAt }) => dueAt <= until);
      const misdated = rows.filter(({ dueAt }) => dueAt > latest);
      return [...inTime, ...misdated].slice(0, Math.max(limit, 0));
    });
    return sorted(due, ({ dueAt }) => [dueAt]);
  }

  async nextDeliveryAt(counts = (_handler: string) => true): Promise<number | undefined> {
    const times = [...this.waiting().entries()]
      .filter(([handler]) => counts(handler))
      .map(([, [first]]) => first!.dueAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async claimDelivery(
    key: DeliveryKey,
    holder: string,
    now: number,
  ): Promise<DeliveryRecord | undefined> {
    checkName('holder', holder);
    const row = this.deliveryAt(key);
    if (row?.state !== 'waiting') return undefined;
    return this.put(taken(row, holder, now));
  }

  async settleDelivery(
    key: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean> {
    const row = this.deliveryAt(key);
    if (row?.state !== 'running' || row.holder !== holder) return false;
    if ((key.attempt ?? row.attempt) !== row.attempt) return false;
    if (outcome.kind === 'done') this.rows.remove(keyOf(row));
    else this.put(settled(row, outcome));
    return true;
  }

  async reviveDeliveries(
    uploadId: string,
    handler: string | undefined,
    now: number,
  ): Promise<number> {
    const dead = this.rowsOf(uploadId).filter(
      (row) => row.state === 'dead' && (handler ?? row.handler) === row.handler,
    );
    for (const row of dead) this.put(revived(row, now));
    return dead.length;
  }

  async releaseDeliveries(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number> {
    const running = () => this.rows.all.filter(({ state }) => state === 'running');
    let count = 0;
    for (const holder of new Set(running().map((row) => row.holder!))) {
      if (!(await isGone(holder))) continue;
      const held = running().filter((row) => row.holder === holder);
      for (const row of held) this.put(released(row, now));
      count += held.length;
    }
    return count;
  }

  private get uploads(): Rows<UploadRecord> {
    return this.opened.uploads;
  }

  private get rows(): Rows<DeliveryRecord> {
    return this.opened.deliveries;
  }

  private get opened(): MemoryPlace {
    if (this.isOpen) return this.place;
    throw new ClosedError('The upload registry is not open.');
  }

  private usagesOf(owner: string | undefined): Usages {
    const sum = (records: UploadRecord[]) =>
      records.reduce((all, record) => addUsage(all, usageOf(record), 1), NO_USAGE);
    const { all } = this.uploads;
    return { own: sum(all.filter((record) => record.owner === owner)), all: sum(all) };
  }

  private deliveryAt(key: DeliveryKey): DeliveryRecord | undefined {
    return this.rows.get(keyOf(key));
  }

  private rowsOf(id: string): DeliveryRecord[] {
    return this.rows.all.filter(({ uploadId }) => uploadId === id);
  }

  private put(row: DeliveryRecord): DeliveryRecord {
    this.rows.put(keyOf(row), row);
    return row;
  }

  /** Those that wait, the earliest first, by handler. */
  private waiting(): Map<string, DeliveryRecord[]> {
    const waiting = new Map<string, DeliveryRecord[]>();
    const rows = this.rows.all.filter(({ state }) => state === 'waiting');
    for (const row of sorted(rows, ({ dueAt, uploadId }) => [dueAt, uploadId])) {
      waiting.set(row.handler, [...(waiting.get(row.handler) ?? []), row]);
    }
    return waiting;
  }
}

function keyOf({ uploadId, handler }: DeliveryKey): string {
  return JSON.stringify([uploadId, handler]);
}

function pageOf<R>(
  found: R[],
  positionOf: (row: R) => Position,
  after: Position | undefined,
  asked?: number,
  isReverse = false,
): Page<R> {
  const limit = pageLimit(asked);
  const inOrder = sorted(found, positionOf);
  if (isReverse) inOrder.reverse();
  const direction = isReverse ? -1 : 1;
  const following = inOrder.filter(
    (row) => after === undefined || direction * compare(positionOf(row), after) > 0,
  );
  const rows = following.slice(0, limit + 1).map((row) => ({ row }));
  return toPage(rows, limit, ({ row }) => positionOf(row));
}

function deliveryPosition({ cursor, state, uploadId }: DeliveryQuery): Position | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<readonly string[]>(
    cursor,
    (value): value is readonly string[] =>
      value.length === 3 && value[0] === (state ?? '') && (uploadId ?? value[1]) === value[1],
  );
}

function sorted<R>(rows: readonly R[], positionOf: (row: R) => Position): R[] {
  return [...rows].sort((a, b) => compare(positionOf(a), positionOf(b)));
}

function compare(a: Position, b: Position): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  if (at === -1) return 0;
  return a[at]! < b[at]! ? -1 : 1;
}
