import type { Database, RootDatabase } from 'lmdb';
import type { Page, UploadQuery, UploadRecord } from '../registry.interface.js';
import { dueKey, EVERYONE, fitsKey, LAST, listKeys, ownerScope, recordKey } from './keys.js';
import type { DueKey, ListKey } from './keys.js';
import { decodeCursor, pageLimit, toPage } from './paging.js';

/** A `ListKey` without its scope, which the query gives. */
type ListPosition = [state: string, createdAt: number, id: string];

/** The records of uploads and their indexes; to be used within one transaction. */
export class UploadTable {
  private readonly records: Database<UploadRecord, string>;
  private readonly dueOrder: Database<true, DueKey>;
  private readonly listOrder: Database<true, ListKey>;

  constructor(root: RootDatabase) {
    this.records = root.openDB({ name: 'uploads', encoding: 'json' });
    this.dueOrder = root.openDB({ name: 'uploads-due', encoding: 'json' });
    this.listOrder = root.openDB({ name: 'uploads-list', encoding: 'json' });
  }

  get(id: string): UploadRecord | undefined {
    const record = fitsKey(id) ? this.records.get(recordKey(id)) : undefined;
    return record?.id === id ? record : undefined;
  }

  /** Whether there is an upload of this id, or of one that differs in case only. */
  has(id: string): boolean {
    return this.records.get(recordKey(id)) !== undefined;
  }

  /** Stores a record in place of the previous one. */
  put(record: UploadRecord, previous?: UploadRecord): void {
    // First what a wrong record throws at, with nothing written yet.
    const keys = listKeys(record);
    this.records.putSync(recordKey(record.id), record);
    this.putDue(record, previous);
    this.putListed(record, keys, previous);
  }

  remove(record: UploadRecord): void {
    this.records.removeSync(recordKey(record.id));
    const due = dueKey(record);
    if (due) this.dueOrder.removeSync(due);
    for (const key of listKeys(record)) this.listOrder.removeSync(key);
  }

  due(until: number, limit: number): UploadRecord[] {
    const keys = this.dueOrder.getKeys({ end: [until, LAST], limit: pageLimit(limit) });
    return Array.from(keys, ([, id]) => this.get(id)).filter((record) => !!record);
  }

  list(query: UploadQuery): Page<UploadRecord> {
    const limit = pageLimit(query.limit);
    const scope = query.owner === undefined ? EVERYONE : ownerScope(query.owner);
    const prefix = query.state === undefined ? [scope] : [scope, query.state];
    const position = listPosition(query);
    const keys = this.listOrder.getKeys({
      start: position ? [scope, ...position] : prefix,
      exclusiveStart: position !== undefined,
      end: [...prefix, LAST],
      limit: limit + 1,
    });
    return toPage<ListKey, UploadRecord>(
      [...keys],
      limit,
      ([, , , id]) => this.get(id),
      ([, ...rest]) => rest,
    );
  }

  private putDue(record: UploadRecord, previous?: UploadRecord): void {
    if (record.dueAt === previous?.dueAt) return;
    const old = previous && dueKey(previous);
    const due = dueKey(record);
    if (old) this.dueOrder.removeSync(old);
    if (due) this.dueOrder.putSync(due, true);
  }

  private putListed(record: UploadRecord, keys: readonly ListKey[], previous?: UploadRecord): void {
    if (previous && isListedAlike(record, previous)) return;
    for (const key of previous ? listKeys(previous) : []) this.listOrder.removeSync(key);
    for (const key of keys) this.listOrder.putSync(key, true);
  }
}

function isListedAlike(a: UploadRecord, b: UploadRecord): boolean {
  return a.state === b.state && a.createdAt === b.createdAt && a.owner === b.owner;
}

function listPosition({ cursor, state }: UploadQuery): ListPosition | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<ListPosition>(
    cursor,
    (value): value is ListPosition =>
      value.length === 3 &&
      typeof value[0] === 'string' &&
      typeof value[1] === 'number' &&
      typeof value[2] === 'string' &&
      (state === undefined || value[0] === state),
  );
}
