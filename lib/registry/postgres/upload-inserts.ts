import { Batch, hasRow, wasRefused, type Queryable } from '../../postgres/index.js';
import type { DeliveryRecord } from '../delivery-record.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import type { NewUploadRow, UploadStatements } from './upload-statements.js';

/** Statements under way at a time, whose commits share flushes. */
const MOST_AT_A_TIME = 4;

/** Stores new uploads: what many requests make at once goes in one statement. */
export class UploadInserts {
  private readonly batch = new Batch<NewUploadRow, boolean>(
    (rows) => this.insertAll(rows),
    MOST_AT_A_TIME,
  );

  constructor(
    private readonly database: Queryable,
    private readonly statements: UploadStatements,
  ) {}

  /**
   * Stores a new record, and deliveries with it.
   *
   * @param transaction that it is a part of, and shares no statement then; none unless given
   * @returns whether its id was not taken
   */
  async insert(
    record: UploadRecord,
    deliveries?: readonly DeliveryRecord[],
    transaction?: Queryable,
  ): Promise<boolean> {
    const row = this.statements.rowOf(record);
    if (!transaction && !deliveries?.length) return this.batch.add(row);
    const insert = this.statements.insert(row, deliveries);
    return hasRow(await (transaction ?? this.database).query(insert));
  }

  /** Resolves when all is done that was asked for. */
  idle(): Promise<void> {
    return this.batch.idle();
  }

  private async insertAll(
    rows: readonly NewUploadRow[],
  ): Promise<readonly (boolean | Promise<boolean>)[]> {
    const [first, ...others] = rows;
    if (first && others.length === 0) return [await this.insertOne(first)];
    try {
      return await this.insertTogether(rows);
    } catch (error) {
      if (!wasRefused(error)) throw error;
      // One does not fit, or was in another process's way: the others are not to fail with it.
      const alone = rows.map((row) => this.insertOne(row));
      await Promise.allSettled(alone);
      return alone;
    }
  }

  private async insertOne(row: NewUploadRow): Promise<boolean> {
    return hasRow(await this.database.query(this.statements.insert(row)));
  }

  private async insertTogether(rows: readonly NewUploadRow[]): Promise<boolean[]> {
    // In one order in all processes: none is to wait for one that waits for it.
    const inOrder = [...rows].sort(byId);
    const inserted = await this.database.query(this.statements.insertAll(inOrder));
    const ids = new Set(inserted.rows.map(({ id }) => id));
    // Of two with one id the first one has it.
    return rows.map(({ id }) => ids.delete(id));
  }
}

function byId({ id: one }: NewUploadRow, { id: other }: NewUploadRow): number {
  return Number(one > other) - Number(one < other);
}
