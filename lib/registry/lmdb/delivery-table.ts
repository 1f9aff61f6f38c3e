import type { Key, RangeOptions, RootDatabase } from 'lmdb';
import type { DeliveryKey, DeliveryRecord, DeliveryState } from '../delivery-record.interface.js';
import type { DeliveryQuery, DueTerms, Page } from '../registry.interface.js';
import type { UnreadableTable } from './unreadable-table.js';
import type { Damage } from './damage.js';
import { fitsKey, LAST, rowKey, stateKey } from './keys.js';
import type { RowKey, StateKey } from './keys.js';
import { Order, type Entry } from './order.js';
import { decodeCursor, pageLimit, take, toPage } from '../paging.js';
import { Rows, type RowsOptions } from './rows.js';
import { isDeliveryRecord, isStateKey } from './shapes.js';

/** A `StateKey` without its state, which the query gives. */
type StatePosition = [group: string, rank: number, uploadId: string, handler: string];

const ROWS: RowsOptions<DeliveryRecord, RowKey> = {
  name: 'deliveries',
  isRow: isDeliveryRecord,
  keyOf: rowKey,
};

/** The rows of deliveries and their order by state; to be used within one transaction. */
export class DeliveryTable {
  private readonly rows: Rows<DeliveryRecord, RowKey>;
  private readonly stateOrder: Order<StateKey>;

  constructor(root: RootDatabase, damage: Damage) {
    this.rows = new Rows(root, ROWS, damage);
    this.stateOrder = new Order(root, { name: 'deliveries-order', isKey: isStateKey }, damage);
  }

  /** Whether its order leads to as many rows as there are. */
  get isWhole(): boolean {
    return this.rows.count === this.stateOrder.count;
  }

  get(key: DeliveryKey): DeliveryRecord | undefined {
    return this.rows.get(rowKey(key));
  }

  /** Stores a row in place of the one its key had. */
  put(row: DeliveryRecord): void {
    const previous = this.get(row);
    // First, because a row that cannot be encoded throws here, with nothing changed yet.
    this.rows.put(rowKey(row), row);
    this.stateOrder.move(previous ? [stateKey(previous)] : [], [stateKey(row)]);
  }

  remove(key: DeliveryKey): void {
    const row = this.get(key);
    if (!row) return;
    this.rows.remove(rowKey(row));
    this.stateOrder.move([stateKey(row)], []);
  }

  /** All deliveries of an upload. */
  of(uploadId: string): DeliveryRecord[] {
    if (!fitsKey(uploadId)) return [];
    return [...this.rows.range({ start: [uploadId], end: [uploadId, LAST] })];
  }

  /** Removes all deliveries of an upload. */
  removeOf(uploadId: string): void {
    for (const row of this.of(uploadId)) this.remove(row);
  }

  due(until: number, termsOf: (handler: string) => DueTerms): DeliveryRecord[] {
    const rows = [...this.groups('waiting')].flatMap((handler) =>
      take(this.dueOf(handler, until, termsOf(handler)), termsOf(handler).limit),
    );
    return rows.sort((a, b) => a.dueAt - b.dueAt);
  }

  /** When the waiting delivery that comes first is due, of the handlers that count. */
  nextDueAt(counts: (handler: string) => boolean): number | undefined {
    const times = [...this.groups('waiting')]
      .filter(counts)
      .flatMap((handler) => this.firstKey(['waiting', handler])?.[2] ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The holder of a running delivery that sorts next after another holder. */
  nextHolder(after?: string): string | undefined {
    return this.nextGroup('running', after);
  }

  /** Some of the running deliveries that a holder has. */
  heldBy(holder: string, limit: number): DeliveryRecord[] {
    const prefix = ['running', holder];
    const entries = this.entries({ start: prefix, end: [...prefix, LAST] });
    return take(entries, limit).map(({ row }) => row);
  }

  list(query: DeliveryQuery): Page<DeliveryRecord> {
    const { state, uploadId } = query;
    if (state === undefined || uploadId !== undefined) return this.listRows(query);
    return this.listState(state, query);
  }

  /**
   * Puts aside what cannot be read, and makes the order anew.
   *
   * @returns which rows could not be read, in words for people
   */
  repair(unreadable: UnreadableTable): string[] {
    return [
      ...this.rows.sift(unreadable),
      ...this.stateOrder.rebuild(this.stateKeys(), unreadable),
    ];
  }

  private listState(state: DeliveryState, query: DeliveryQuery): Page<DeliveryRecord> {
    const limit = pageLimit(query.limit);
    const position = statePosition(query.cursor);
    const entries = this.entries({
      start: position ? [state, ...position] : [state],
      exclusiveStart: position !== undefined,
      end: [state, LAST],
    });
    return toPage(take(entries, limit + 1), limit, ({ key: [, ...rest] }) => rest);
  }

  private listRows({ state, uploadId, ...query }: DeliveryQuery): Page<DeliveryRecord> {
    const limit = pageLimit(query.limit);
    const position = rowPosition(query.cursor, uploadId);
    if (uploadId !== undefined && !fitsKey(uploadId)) return { items: [] };
    const found: { row: DeliveryRecord }[] = [];
    const rows = this.rows.range({
      start: position ?? (uploadId === undefined ? undefined : [uploadId]),
      exclusiveStart: position !== undefined,
      end: uploadId === undefined ? undefined : [uploadId, LAST],
    });
    for (const row of rows) {
      if (state === undefined || row.state === state) found.push({ row });
      if (found.length > limit) break;
    }
    return toPage(found, limit, ({ row }) => rowKey(row));
  }

  private *dueOf(handler: string, until: number, { latest }: DueTerms): Generator<DeliveryRecord> {
    const prefix = ['waiting', handler];
    const inTime = { start: prefix, end: [...prefix, until, LAST] };
    for (const { row } of this.entries(inTime)) yield row;
    if (latest === undefined) return;
    const misdated = { start: [...prefix, latest, LAST], end: [...prefix, LAST] };
    for (const { row } of this.entries(misdated)) yield row;
  }

  /** The groups that a state has deliveries in, without looking at those. */
  private *groups(state: DeliveryState): Generator<string> {
    let group = this.nextGroup(state);
    while (group !== undefined) {
      yield group;
      group = this.nextGroup(state, group);
    }
  }

  private nextGroup(state: DeliveryState, after?: string): string | undefined {
    const start = after === undefined ? [state] : [state, after, LAST];
    return this.firstKey([state], start)?.[1];
  }

  private firstKey(prefix: readonly string[], start: Key = [...prefix]): StateKey | undefined {
    const [key] = take(this.stateOrder.keys({ start, end: [...prefix, LAST] }), 1);
    return key;
  }

  private entries(range: RangeOptions): Generator<Entry<StateKey, DeliveryRecord>> {
    return this.stateOrder.entries(range, ([, , , uploadId, handler]) =>
      this.rows.get([uploadId, handler]),
    );
  }

  private *stateKeys(): Generator<StateKey> {
    for (const row of this.rows.range()) yield stateKey(row);
  }
}

function statePosition(cursor?: string): StatePosition | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<StatePosition>(
    cursor,
    (value): value is StatePosition =>
      value.length === 4 &&
      typeof value[0] === 'string' &&
      typeof value[1] === 'number' &&
      typeof value[2] === 'string' &&
      typeof value[3] === 'string',
  );
}

function rowPosition(cursor?: string, uploadId?: string): RowKey | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<RowKey>(
    cursor,
    (value): value is RowKey =>
      value.length === 2 &&
      typeof value[0] === 'string' &&
      typeof value[1] === 'string' &&
      (uploadId === undefined || value[0] === uploadId),
  );
}
