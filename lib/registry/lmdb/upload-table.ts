import type { RootDatabase } from 'lmdb';
import type { Page, UploadQuery } from '../registry.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import type { UnreadableTable } from './unreadable-table.js';
import type { Damage } from './damage.js';
import { upToDate } from './earlier-rows.js';
import {
  dueKeys,
  endedKeys,
  EVERYONE,
  fitsKey,
  LAST,
  listKeys,
  ownerScope,
  recordKey,
  scopeOf,
} from './keys.js';
import type { DueKey, EndedKey, ListKey } from './keys.js';
import { Order } from './order.js';
import { pageLimit, take, toPage, uploadPosition } from '../paging.js';
import { Rows, type RowsOptions } from './rows.js';
import { isDueKey, isEndedKey, isListKey, isUploadRecord } from './shapes.js';

const RECORDS: RowsOptions<UploadRecord, string> = {
  name: 'uploads',
  isRow: isUploadRecord,
  upToDate,
  keyOf: ({ id }) => recordKey(id),
};

/** The records of uploads and their orders; to be used within one transaction. */
export class UploadTable {
  private readonly records: Rows<UploadRecord, string>;
  private readonly dueOrder: Order<DueKey>;
  private readonly listOrder: Order<ListKey>;
  private readonly endedOrder: Order<EndedKey>;

  constructor(root: RootDatabase, damage: Damage) {
    this.records = new Rows(root, RECORDS, damage);
    this.dueOrder = new Order(root, { name: 'uploads-due', isKey: isDueKey }, damage);
    this.listOrder = new Order(root, { name: 'uploads-list', isKey: isListKey }, damage);
    this.endedOrder = new Order(root, { name: 'uploads-ended', isKey: isEndedKey }, damage);
  }

  get(id: string): UploadRecord | undefined {
    const record = fitsKey(id) ? this.records.get(recordKey(id)) : undefined;
    return record?.id === id ? record : undefined;
  }

  /** Whether there is an upload of this id, in any case, damaged ones included. */
  has(id: string): boolean {
    return this.records.has(recordKey(id));
  }

  /** All records that can be read. */
  all(): Iterable<UploadRecord> {
    return this.records.range();
  }

  /** Stores a record in place of the previous one. */
  put(record: UploadRecord, previous?: UploadRecord): void {
    // First what a wrong record throws at, with nothing written yet.
    const keys = listKeys(record);
    this.records.put(recordKey(record.id), record);
    const isDueAsBefore = record.dueAt === previous?.dueAt;
    if (!isDueAsBefore) this.dueOrder.move(previous ? dueKeys(previous) : [], dueKeys(record));
    if (previous && isListedAlike(record, previous)) return;
    this.listOrder.move(previous ? listKeys(previous) : [], keys);
    this.endedOrder.move(previous ? endedKeys(previous) : [], endedKeys(record));
  }

  remove(record: UploadRecord): void {
    this.records.remove(recordKey(record.id));
    this.dueOrder.move(dueKeys(record), []);
    this.listOrder.move(listKeys(record), []);
    this.endedOrder.move(endedKeys(record), []);
  }

  due(until: number, limit: number): UploadRecord[] {
    const range = { end: [until, LAST] };
    const entries = this.dueOrder.entries(range, ([, id]) => this.get(id));
    return take(entries, pageLimit(limit)).map(({ row }) => row);
  }

  list(query: UploadQuery): Page<UploadRecord> {
    const limit = pageLimit(query.limit);
    const scope = query.owner === undefined ? EVERYONE : ownerScope(query.owner);
    const prefix = query.state === undefined ? [scope] : [scope, query.state];
    const position = uploadPosition(query);
    const { newestFirst: reverse = false } = query;
    const [first, last] = reverse ? [[...prefix, LAST], prefix] : [prefix, [...prefix, LAST]];
    const range = {
      start: position ? [scope, ...position] : first,
      exclusiveStart: position !== undefined,
      end: last,
      reverse,
    };
    const entries = this.listOrder.entries(range, ([, , , id]) => this.get(id));
    return toPage(take(entries, limit + 1), limit, ({ key: [, ...rest] }) => rest);
  }

  /** The uploads of an owner that came to nothing, but for the last ones; oldest first. */
  endedBefore(last: number, owner: string | undefined): UploadRecord[] {
    const scope = scopeOf(owner);
    const range = { start: [scope, LAST], end: [scope], reverse: true, offset: last };
    const entries = this.endedOrder.entries(range, ([, , id]) => this.get(id));
    return Array.from(entries, ({ row }) => row).reverse();
  }

  /**
   * Puts aside what cannot be read, and makes the orders anew.
   *
   * @returns which rows could not be read, in words for people
   */
  repair(unreadable: UnreadableTable): string[] {
    return [
      ...this.records.sift(unreadable),
      ...this.dueOrder.rebuild(this.keys(dueKeys), unreadable),
      ...this.listOrder.rebuild(this.keys(listKeys), unreadable),
      ...this.endedOrder.rebuild(this.keys(endedKeys), unreadable),
    ];
  }

  private *keys<K>(keysOf: (record: UploadRecord) => readonly K[]): Generator<K> {
    for (const record of this.all()) yield* keysOf(record);
  }
}

/** Whether nothing has changed that an upload's places in the listings depend on. */
function isListedAlike(a: UploadRecord, b: UploadRecord): boolean {
  const isSame = a.state === b.state && a.endedAt === b.endedAt;
  return isSame && a.createdAt === b.createdAt && a.owner === b.owner;
}
