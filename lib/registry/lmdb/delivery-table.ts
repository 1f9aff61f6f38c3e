import type { RangeOptions, RootDatabase } from 'lmdb';
import type {
  DeliveryKey,
  DeliveryQuery,
  DeliveryRecord,
  DeliveryState,
  Page,
} from '../registry.interface.js';
import type { AsideTable } from './aside-table.js';
import type { Damage } from './damage.js';
import { fitsKey, LAST, rowKey, stateKey } from './keys.js';
import type { RowKey, StateKey } from './keys.js';
import { Order, type Entry } from './order.js';
import { decodeCursor, pageLimit, take, toPage } from './paging.js';
import { Rows, type RowsOptions } from './rows.js';
import { isDeliveryRecord, isStateKey } from './shapes.js';

/** A `StateKey` without its state, which the query gives. */
type StatePosition = [rank: number | string, uploadId: string, handler: string];

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
    this.stateOrder = new Order(root, { name: 'deliveries-state', isKey: isStateKey }, damage);
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

  due(until: number, limit: number): DeliveryRecord[] {
    const entries = this.entries({ start: ['waiting'], end: ['waiting', until, LAST] });
    return take(entries, pageLimit(limit)).map(({ row }) => row);
  }

  /** When the waiting delivery that comes first is due. */
  nextDueAt(): number | undefined {
    return this.firstOf('waiting')?.dueAt;
  }

  /** The holder of a running delivery that sorts next after another holder. */
  nextHolder(after?: string): string | undefined {
    return this.firstOf('running', after)?.holder;
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
  repair(aside: AsideTable): string[] {
    return [...this.rows.sift(aside), ...this.stateOrder.rebuild(this.stateKeys(), aside)];
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

  private firstOf(state: DeliveryState, afterRank?: string): DeliveryRecord | undefined {
    const start = afterRank === undefined ? [state] : [state, afterRank, LAST];
    const [first] = take(this.entries({ start, end: [state, LAST] }), 1);
    return first?.row;
  }

  private entries(range: RangeOptions): Generator<Entry<StateKey, DeliveryRecord>> {
    return this.stateOrder.entries(range, ([, , uploadId, handler]) =>
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
      value.length === 3 &&
      (typeof value[0] === 'number' || typeof value[0] === 'string') &&
      typeof value[1] === 'string' &&
      typeof value[2] === 'string',
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
