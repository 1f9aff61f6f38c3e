import { ASYNCHRONOUS, Batch, fromDatabaseText, toDatabaseText } from '../../postgres/index.js';
import type { PgQuery, PgResult, Queryable } from '../../postgres/index.js';
import { CLEANUP_KEY, leaseKeyOf, type LeaseKey } from '../lease-key.js';
import { isGoneInSql } from './member-table.js';

/** Who has a key. */
export interface LeaseRow {
  /** A member. */
  readonly holder: string;
  readonly epoch: number;
  /** The member that it was taken from, and that may do harm yet. */
  readonly former: string | null;
  /** Whether that holder's connection has ended. */
  readonly isGone: boolean;
  /** Whether others go on without that holder. */
  readonly isSuspected: boolean;
}

/** What is to become of a key next. */
interface Wish {
  readonly key: string;
  /** Called with the row once it was taken; absent: it is to be given back. */
  readonly taken?: (row: LeaseRow | undefined) => void;
  readonly failed?: (reason: unknown) => void;
}

/**
 * The table of leases, as one member uses it: a row for each key that is held.
 *
 * What many want at once goes in one statement, and all on the member's own connection: what was asked
 * for first is done first, and nothing comes later than the end of that connection.
 */
export class LeaseTable {
  private readonly name: string;
  private wishes = new Map<string, Wish>();
  private isRunning = false;
  private readonly lookups: Batch<string, boolean>;

  constructor(
    private readonly own: Queryable,
    private readonly pool: Queryable,
    private readonly schema: string,
    private readonly member: string,
  ) {
    this.name = `"${schema}".leases`;
    this.lookups = new Batch((keys) => this.lookUp(keys));
  }

  /**
   * Takes a key if it is free.
   *
   * @returns who has it then; `undefined` when that changed meanwhile
   */
  take(key: LeaseKey): Promise<LeaseRow | undefined> {
    return new Promise((taken, failed) => {
      this.wish({ key: toDatabaseText(key), taken, failed });
    });
  }

  /** Gives a key back. */
  drop(key: LeaseKey): void {
    const text = toDatabaseText(key);
    const wish = this.wishes.get(text);
    wish?.taken?.(undefined);
    if (wish) this.wishes.delete(text);
    else this.wish({ key: text });
  }

  /** Whether another member has a key. */
  isElsewhere(key: LeaseKey): Promise<boolean> {
    return this.lookups.add(toDatabaseText(key));
  }

  /** Gives a key to another member. */
  async pass(key: LeaseKey, to: string): Promise<void> {
    await this.own.query(
      this.named(
        'pass',
        `UPDATE ${this.name} SET holder = $3, taken_at = now() WHERE key = $1 AND holder = $2`,
        [toDatabaseText(key), this.member, to],
      ),
    );
  }

  /**
   * Takes a key from a member that has ended, or does not answer: with the next epoch, also of the
   * upload, so that nothing counts any more which that member does.
   *
   * @param isHarmless whether it can do no harm for certain
   */
  async takeOver(key: LeaseKey, from: string, isHarmless: boolean): Promise<void> {
    await this.pool.query({
      text:
        // It waits for one that is about to count again, and keeps it from that.
        `WITH silent AS (SELECT FROM "${this.schema}".members WHERE member = $2 AND suspected FOR SHARE), ` +
        `lease AS (UPDATE ${this.name} SET holder = $3, epoch = epoch + 1, taken_at = now(), ` +
        `former = CASE WHEN $4 THEN former ELSE holder END ` +
        `WHERE key = $1 AND holder = $2 AND (EXISTS (SELECT FROM silent) OR ${isGoneInSql('$2')}) ` +
        `RETURNING key, epoch) ` +
        `UPDATE "${this.schema}".uploads SET epoch = lease.epoch FROM lease WHERE id = lease.key`,
      values: [toDatabaseText(key), from, this.member, isHarmless],
    });
  }

  /**
   * Notes that whom a key was taken from can do no harm any more.
   *
   * @returns whether the key is this member's still
   */
  async settle(key: LeaseKey, epoch: number): Promise<boolean> {
    const { rowCount } = await this.own.query({
      text: `UPDATE ${this.name} SET former = NULL WHERE key = $1 AND holder = $2 AND epoch = $3`,
      values: [toDatabaseText(key), this.member, epoch],
    });
    return rowCount === 1;
  }

  /** Those of some keys that are this member's. */
  async heldOf(keys: readonly LeaseKey[]): Promise<ReadonlySet<LeaseKey>> {
    const { rows } = await this.own.query({
      text: `SELECT key FROM ${this.name} WHERE holder = $2 AND key = ANY($1)`,
      values: [keys.map(toDatabaseText), this.member],
    });
    return new Set(keysOf(rows));
  }

  /** What a member that has ended has left. What is no upload is free, for it needs no repair. */
  async leftBy(member: string): Promise<LeaseKey[]> {
    await this.pool.query({
      text: `DELETE FROM ${this.name} WHERE holder = $1 AND strpos(key, '.') > 0`,
      values: [member],
    });
    const { rows } = await this.pool.query({
      text: `SELECT key FROM ${this.name} WHERE holder = $1`,
      values: [member],
    });
    return keysOf(rows);
  }

  /** Gives all keys back. */
  async dropAll(): Promise<void> {
    await this.own.query({
      text: `DELETE FROM ${this.name} WHERE holder = $1`,
      values: [this.member],
    });
  }

  private wish(wish: Wish): void {
    this.wishes.set(wish.key, wish);
    if (!this.isRunning) void this.grantAll();
  }

  private async grantAll(): Promise<void> {
    this.isRunning = true;
    // What else is wanted in this turn comes along.
    await Promise.resolve();
    while (this.wishes.size > 0) {
      const wishes = [...this.wishes.values()];
      this.wishes = new Map();
      await this.grant(wishes);
    }
    this.isRunning = false;
  }

  private async grant(wishes: readonly Wish[]): Promise<void> {
    const [taking, dropping] = [
      wishes.filter(({ taken }) => taken),
      wishes.filter(({ taken }) => !taken),
    ];
    // A row that stays is given away as soon as it is asked for.
    const dropped = dropping.length > 0 && this.dropRows(dropping).catch(() => undefined);
    try {
      const rows = taking.length > 0 ? await this.takeRows(taking) : undefined;
      for (const { key, taken } of taking) taken?.(rows?.get(key));
    } catch (error) {
      for (const { failed } of taking) failed?.(error);
    }
    await dropped;
  }

  private async takeRows(wishes: readonly Wish[]): Promise<ReadonlyMap<string, LeaseRow>> {
    const keys = wishes.map(({ key }) => key);
    const columns = 'key, holder, epoch::float8 AS epoch, former';
    // Whose cleanup pass the database forgets by a crash, its lease ends with its connection.
    const isForCleanup = keys.every((key) => key === CLEANUP_KEY);
    const commit = isForCleanup ? `, ${ASYNCHRONOUS}` : '';
    const { rows } = await this.own.query(
      this.named(
        isForCleanup ? 'take cleanup' : 'take',
        // In order, so that of two that insert none waits for the other.
        `WITH taken AS (INSERT INTO ${this.name} (key, holder, epoch) ` +
          `SELECT wanted.key, $2, coalesce(uploads.epoch, 0) ` +
          `FROM unnest($1::text[]) AS wanted(key) ` +
          `LEFT JOIN "${this.schema}".uploads ON uploads.id = wanted.key ` +
          `ORDER BY wanted.key COLLATE "C" ON CONFLICT DO NOTHING RETURNING ${columns}) ` +
          `SELECT *, false AS "isGone", false AS "isSuspected"${commit} FROM taken UNION ALL ` +
          `SELECT ${columns}, holder <> $2 AND ${isGoneInSql('holder')}, EXISTS (SELECT ` +
          `FROM "${this.schema}".members WHERE member = holder AND suspected)${commit} ` +
          `FROM ${this.name} WHERE key = ANY($1)`,
        [keys, this.member],
      ),
    );
    return new Map(rows.map((row) => [row.key as string, row as unknown as LeaseRow]));
  }

  private async dropRows(wishes: readonly Wish[]): Promise<void> {
    await this.own.query(
      this.named(
        'drop',
        // One that a crash of the database brings back is of a member that has ended, and is taken from it.
        `DELETE FROM ${this.name} WHERE key = ANY($1) AND holder = $2 ` +
          `RETURNING ${ASYNCHRONOUS}`,
        [wishes.map(({ key }) => key), this.member],
      ),
    );
  }

  private async lookUp(keys: readonly string[]): Promise<boolean[]> {
    const { rows } = await this.own.query(
      this.named('elsewhere', `SELECT key FROM ${this.name} WHERE key = ANY($1) AND holder <> $2`, [
        keys,
        this.member,
      ]),
    );
    const elsewhere = new Set(rows.map(({ key }) => key));
    return keys.map((key) => elsewhere.has(key));
  }

  private named(name: string, text: string, values: readonly unknown[]): PgQuery {
    return { name: `${this.schema}.${name}`, text, values };
  }
}

function keysOf(rows: PgResult['rows']): LeaseKey[] {
  return rows.map(({ key }) => leaseKeyOf(fromDatabaseText(key as string)));
}
