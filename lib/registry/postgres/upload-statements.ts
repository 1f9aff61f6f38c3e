import { uploadPosition } from '../paging.js';
import type { DeliveryRecord } from '../delivery-record.interface.js';
import type { UploadQuery } from '../registry.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import { timeOf } from './columns.js';
import { toDatabaseText, type PgQuery, type PgRow } from '../../postgres/index.js';
import { DELIVERIES } from './delivery-columns.js';
import type { Tables } from './tables.js';
import { UPLOADS } from './upload-columns.js';

/** A record as it was found, and by what it is known that nothing has changed it since. */
export interface FoundUpload {
  readonly record: UploadRecord;
  /** The transaction that has written the row: another one for each change. */
  readonly version: string;
  readonly epoch: number;
}

/** A new record, as its row is to be. */
export interface NewUploadRow {
  /** As its column has it. */
  readonly id: string;
  /** Of all columns. */
  readonly values: readonly unknown[];
}

/** The statements on the records of uploads. */
export class UploadStatements {
  private readonly insertText: string;
  private readonly insertAllText: string;
  private readonly insertFinishedText: string;
  private readonly findText: string;
  private readonly lockText: string;
  private readonly updateText: string;
  private readonly finishText: string;
  private readonly forgetText: string;
  private readonly dueText: string;

  constructor(private readonly tables: Tables) {
    const { uploads, deliveries, commit } = tables;
    const { names, selected } = UPLOADS;
    const places = UPLOADS.parameters();
    const after = places.length;

    const withDeliveries = (change: string, place: number) =>
      `WITH changed AS (${change} RETURNING id), ` +
      `inserted AS (INSERT INTO ${deliveries} AS delivery (${DELIVERIES.names.join(', ')}) ` +
      `SELECT born.* FROM changed, (${DELIVERIES.rows(place)}) AS born ` +
      `ON CONFLICT (upload_id, handler) DO UPDATE SET ${replacing(DELIVERIES.names)} ` +
      `WHERE delivery.state <> 'running') ` +
      `SELECT id${commit.selected} FROM changed`;

    const insertOf = (rows: string) =>
      `INSERT INTO ${uploads} (${names.join(', ')}) ${rows} ON CONFLICT DO NOTHING`;
    const insert = insertOf(`VALUES (${places.join(', ')})`);
    this.insertAllText = `${insertOf(UPLOADS.rows())} RETURNING id${commit.selected}`;
    this.insertText = `${insert}${commit.returning}`;
    this.insertFinishedText = withDeliveries(insert, after + 1);
    const find = (id: string) =>
      `SELECT id, ${selected}, xmin::text AS version, epoch::float8 AS epoch ` +
      `FROM ${uploads} WHERE id = ${id}`;
    // One by one, by the index of the key, however few rows there were when this was planned. Their number
    // is hidden, or each time that there are few would have a plan of its own, which takes longer.
    this.findText =
      `SELECT found.* FROM unnest((SELECT $1::text[])) AS wanted (key) ` +
      `CROSS JOIN LATERAL (${find('wanted.key')} LIMIT 1) AS found`;
    this.lockText = `${find('$1')} FOR UPDATE`;

    const update =
      `UPDATE ${uploads} SET ${UPLOADS.assignmentsBut('id')} ` +
      `WHERE id = $1 AND xmin = $${after + 1}::xid`;
    this.updateText = `${update}${commit.returning}`;
    this.finishText = withDeliveries(update, after + 2);
    this.forgetText =
      `DELETE FROM ${uploads} WHERE id = $1 AND due_at = ${timeOf('$2')} ` +
      `AND ($3::float8 IS NULL OR epoch <= $3)${commit.returning}`;
    this.dueText =
      `SELECT ${selected} FROM ${uploads} WHERE due_at <= ${timeOf('$1')} ` +
      `ORDER BY due_at, id LIMIT $2`;
  }

  /** @throws TypeError for what is no record */
  rowOf(record: UploadRecord): NewUploadRow {
    return { id: toDatabaseText(record.id), values: UPLOADS.valuesOf(record) };
  }

  /** Stores new records. It has a row for each whose id was not taken, in any order. */
  insertAll(rows: readonly NewUploadRow[]): PgQuery {
    return this.named(
      'insert-all',
      this.insertAllText,
      UPLOADS.arraysOfRows(rows.map(({ values }) => values)),
    );
  }

  /** Stores a new record, and deliveries with it. It has a row where the id was not taken. */
  insert({ values }: NewUploadRow, deliveries: readonly DeliveryRecord[] = []): PgQuery {
    if (deliveries.length === 0) return this.named('insert', this.insertText, values);
    const born = DELIVERIES.arraysOf(lastOfEach(deliveries));
    return this.named('insert-finished', this.insertFinishedText, [...values, ...born]);
  }

  /**
   * Has a row for each that is there, in any order; read by `foundUpload()`.
   *
   * @param ids as the column has them
   */
  find(ids: readonly string[]): PgQuery {
    return this.named('find', this.findText, [ids]);
  }

  /** The same of one, and none else changes it until the transaction ends. */
  lock(id: string): PgQuery {
    return this.named('lock', this.lockText, [toDatabaseText(id)]);
  }

  /**
   * Stores a changed record, and deliveries with it, if the row is still the one that was found: then it
   * is of the same epoch too. It has a row where that was so.
   */
  update(
    record: UploadRecord,
    found: FoundUpload,
    deliveries: readonly DeliveryRecord[] = [],
  ): PgQuery {
    const values = [...UPLOADS.valuesOf(record), found.version];
    if (deliveries.length === 0) return this.named('update', this.updateText, values);
    const born = DELIVERIES.arraysOf(lastOfEach(deliveries));
    return this.named('finish', this.finishText, [...values, ...born]);
  }

  /** @param epoch of its lease; any unless given */
  forget(id: string, dueAt: number, epoch?: number): PgQuery {
    return this.named('forget', this.forgetText, [toDatabaseText(id), dueAt, epoch ?? null]);
  }

  due(until: number, limit: number): PgQuery {
    return this.named('due', this.dueText, [until, limit]);
  }

  endedBefore(last: number, owner: string | undefined): PgQuery {
    const isOwners = owner === undefined ? 'owner IS NULL' : 'owner = $2';
    return {
      text:
        `SELECT ${UPLOADS.selected} FROM ${this.tables.uploads} ` +
        `WHERE ${isOwners} AND state IN ('terminated', 'expired') ` +
        // With the owner, or the order of the index would not be seen for those without one.
        `ORDER BY owner DESC, ended_at DESC NULLS LAST, id DESC OFFSET $1`,
      values: owner === undefined ? [last] : [last, toDatabaseText(owner)],
    };
  }

  /** @throws RangeError for a cursor of another listing */
  list(query: UploadQuery, limit: number): PgQuery {
    const values: unknown[] = [];
    const place = (value: string | number) => `$${values.push(value)}`;
    const text = (value: string) => place(toDatabaseText(value));

    const position = uploadPosition(query);
    const [behind, direction] = query.newestFirst ? ['<', ' DESC'] : ['>', ''];
    const conditions: string[] = [];
    if (query.owner !== undefined) conditions.push(`owner = ${text(query.owner)}`);
    if (query.state !== undefined) conditions.push(`state = ${text(query.state)}`);
    if (position) {
      const [state, createdAt, id] = position;
      const after = `(${text(state)}, ${timeOf(place(createdAt))}, ${text(id)})`;
      conditions.push(`(state, created_at, id) ${behind} ${after}`);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `;
    return {
      text:
        `SELECT ${UPLOADS.selected} FROM ${this.tables.uploads} ${where}` +
        `ORDER BY state${direction}, created_at${direction}, id${direction} LIMIT ${place(limit)}`,
      values,
    };
  }

  private named(name: string, text: string, values: readonly unknown[]): PgQuery {
    return { name: this.tables.statementName(name), text, values };
  }
}

/** What is in a row of `find()` and `lock()`. */
export function foundUpload(row: PgRow): FoundUpload {
  return {
    record: UPLOADS.recordOf(row),
    version: row.version as string,
    epoch: row.epoch as number,
  };
}

/** Of several to one handler the last one counts. */
function lastOfEach(deliveries: readonly DeliveryRecord[]): DeliveryRecord[] {
  return [...new Map(deliveries.map((row) => [row.handler, row])).values()];
}

function replacing(names: readonly string[]): string {
  return names.map((name) => `${name} = excluded.${name}`).join(', ');
}
