import type { Database, RootDatabase } from 'lmdb';
import type {
  DeliveryKey,
  DeliveryQuery,
  DeliveryRecord,
  DeliveryState,
  Page,
} from '../registry.interface.js';
import { fitsKey, LAST, rowKey, stateKey } from './keys.js';
import type { RowKey, StateKey } from './keys.js';
import { decodeCursor, pageLimit, toPage } from './paging.js';

/** A `StateKey` without its state, which the query gives. */
type StatePosition = [rank: number | string, uploadId: string, handler: string];

/** The rows of deliveries and their index by state; to be used within one transaction. */
export class DeliveryTable {
  private readonly rows: Database<DeliveryRecord, RowKey>;
  private readonly stateOrder: Database<true, StateKey>;

  constructor(root: RootDatabase) {
    this.rows = root.openDB({ name: 'deliveries', encoding: 'json' });
    this.stateOrder = root.openDB({ name: 'deliveries-state', encoding: 'json' });
  }

  get(key: DeliveryKey): DeliveryRecord | undefined {
    return this.rows.get(rowKey(key));
  }

  /** Stores a row in place of the one its key had. */
  put(row: DeliveryRecord): void {
    const previous = this.get(row);
    // First, because a row that cannot be encoded throws here, with nothing changed yet.
    this.rows.putSync(rowKey(row), row);
    if (previous) this.stateOrder.removeSync(stateKey(previous));
    this.stateOrder.putSync(stateKey(row), true);
  }

  remove(key: DeliveryKey): void {
    const row = this.get(key);
    if (!row) return;
    this.rows.removeSync(rowKey(row));
    this.stateOrder.removeSync(stateKey(row));
  }

  /** All deliveries of an upload. */
  of(uploadId: string): DeliveryRecord[] {
    if (!fitsKey(uploadId)) return [];
    const range = this.rows.getRange({ start: [uploadId], end: [uploadId, LAST] });
    return Array.from(range, ({ value }) => value);
  }

  /** Removes all deliveries of an upload. */
  removeOf(uploadId: string): void {
    for (const row of this.of(uploadId)) this.remove(row);
  }

  due(until: number, limit: number): DeliveryRecord[] {
    const end = ['waiting', until, LAST];
    const keys = this.stateOrder.getKeys({ start: ['waiting'], end, limit: pageLimit(limit) });
    return Array.from(keys, (key) => this.at(key)).filter((row) => !!row);
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
    const keys = this.stateOrder.getKeys({ start: prefix, end: [...prefix, LAST], limit });
    return Array.from(keys, (key) => this.at(key)).filter((row) => !!row);
  }

  list(query: DeliveryQuery): Page<DeliveryRecord> {
    const { state, uploadId } = query;
    if (state === undefined || uploadId !== undefined) return this.listRows(query);
    return this.listState(state, query);
  }

  private listState(state: DeliveryState, query: DeliveryQuery): Page<DeliveryRecord> {
    const limit = pageLimit(query.limit);
    const position = statePosition(query.cursor);
    const keys = this.stateOrder.getKeys({
      start: position ? [state, ...position] : [state],
      exclusiveStart: position !== undefined,
      end: [state, LAST],
      limit: limit + 1,
    });
    return toPage<StateKey, DeliveryRecord>(
      [...keys],
      limit,
      (key) => this.at(key),
      ([, ...rest]) => rest,
    );
  }

  private listRows({ state, uploadId, ...query }: DeliveryQuery): Page<DeliveryRecord> {
    const limit = pageLimit(query.limit);
    const position = rowPosition(query.cursor, uploadId);
    if (uploadId !== undefined && !fitsKey(uploadId)) return { items: [] };
    const found: DeliveryRecord[] = [];
    const range = this.rows.getRange({
      start: position ?? (uploadId === undefined ? undefined : [uploadId]),
      exclusiveStart: position !== undefined,
      end: uploadId === undefined ? undefined : [uploadId, LAST],
    });
    for (const { value } of range) {
      if (state === undefined || value.state === state) found.push(value);
      if (found.length > limit) break;
    }
    return toPage<DeliveryRecord, DeliveryRecord>(found, limit, (row) => row, rowKey);
  }

  private firstOf(state: DeliveryState, afterRank?: string): DeliveryRecord | undefined {
    const start = afterRank === undefined ? [state] : [state, afterRank, LAST];
    const [key] = this.stateOrder.getKeys({ start, end: [state, LAST], limit: 1 });
    return key && this.at(key);
  }

  private at([, , uploadId, handler]: StateKey): DeliveryRecord | undefined {
    return this.rows.get([uploadId, handler]);
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
