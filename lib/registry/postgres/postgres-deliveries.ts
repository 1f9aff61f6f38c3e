import { hasRow, type Queryable } from '../../postgres/index.js';
import type { DeliveryKey, DeliveryOutcome, DeliveryRecord } from '../delivery-record.interface.js';
import { checkName } from '../names.js';
import { pageLimit, toPage } from '../paging.js';
import type { DeliveryQuery, DueTerms, Page } from '../registry.interface.js';
import { DELIVERIES } from './delivery-columns.js';
import { deliveryPosition, type DeliveryStatements } from './delivery-statements.js';

/** The deliveries of a registry in PostgreSQL, see `UploadRegistry`. */
export class PostgresDeliveries {
  constructor(
    private readonly database: Queryable,
    private readonly statements: DeliveryStatements,
  ) {}

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async list(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    const limit = pageLimit(query.limit);
    const { rows } = await this.database.query(this.statements.list(query, limit + 1));
    const found = rows.map((row) => ({ row: DELIVERIES.recordOf(row) }));
    return toPage(found, limit, ({ row }) => deliveryPosition(query, row));
  }

  async due(until: number, termsOf: (handler: string) => DueTerms): Promise<DeliveryRecord[]> {
    const handlers = (await this.waiting()).map(({ handler }) => handler);
    if (handlers.length === 0) return [];
    const wanted = handlers.map((handler) => ({ handler, terms: termsOf(handler) }));
    const { rows } = await this.database.query(this.statements.due(until, wanted));
    return rows.map((row) => DELIVERIES.recordOf(row));
  }

  async nextAt(counts = (_handler: string) => true): Promise<number | undefined> {
    const times = (await this.waiting())
      .filter(({ handler }) => counts(handler))
      .map(({ dueAt }) => dueAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** @throws RangeError when the holder's name has more than 512 bytes, or control characters. */
  async claim(key: DeliveryKey, holder: string, now: number): Promise<DeliveryRecord | undefined> {
    checkName('holder', holder);
    const { rows } = await this.database.query(this.statements.claim(key, holder, now));
    return rows[0] && DELIVERIES.recordOf(rows[0]);
  }

  async settle(
    key: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean> {
    return hasRow(await this.database.query(this.statements.settle(key, holder, outcome)));
  }

  async revive(uploadId: string, handler: string | undefined, now: number): Promise<number> {
    const { rowCount } = await this.database.query(this.statements.revive(uploadId, handler, now));
    return rowCount ?? 0;
  }

  async release(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number> {
    let released = 0;
    const { rows } = await this.database.query(this.statements.holders());
    for (const { holder } of rows as readonly { holder: string }[]) {
      if (!(await isGone(holder))) continue;
      const { rowCount } = await this.database.query(this.statements.release(holder, now));
      released += rowCount ?? 0;
    }
    return released;
  }

  private async waiting(): Promise<{ handler: string; dueAt: number }[]> {
    const { rows } = await this.database.query(this.statements.waiting());
    return rows.map(({ handler, due_at: dueAt }) => ({
      handler: handler as string,
      dueAt: dueAt as number,
    }));
  }
}
