import type { PgQuery, Queryable } from '../../postgres/index.js';
import { channelOf, identityOf, type Where } from './member-name.js';

/** A member as the others see it. */
export interface SeenMember extends Where {
  readonly member: string;
  /** Name of its instance. */
  readonly instance: string;
  /** Whether the others go on without it. */
  readonly suspected: boolean;
  /** What tells the folder that its uploads lie in from others; `null` while it has not said so. */
  readonly folder: string | null;
}

/** What one look tells. */
export interface Look {
  /** Whether the others count on this member. */
  readonly isWell: boolean;
  /** Those that live. */
  readonly others: readonly SeenMember[];
  /** Those that this look was the first to find silent. */
  readonly found: readonly string[];
}

/** Hours after which a member that has ended is forgotten, by whose name it is known that it has. */
const REMEMBERED = 1;

/** That the connection of a member has ended, in SQL: it holds a lock as long as it lives. */
export function isGoneInSql(member: string): string {
  return `pg_try_advisory_xact_lock_shared(hashtextextended(${member}, 0))`;
}

/** The table of members, as one of them uses it. */
export class MemberTable {
  private readonly name: string;

  /**
   * @param own the connection that is this member's
   * @param pool others, for what may wait for a row
   */
  constructor(
    private readonly own: Queryable,
    private readonly pool: Queryable,
    private readonly schema: string,
    private readonly member: string,
  ) {
    this.name = `"${schema}".members`;
  }

  /** Has this member hear what it is notified of. */
  async listen(): Promise<void> {
    await this.own.query({ text: `LISTEN "${channelOf(this.member)}"` });
  }

  /** @param folder where its uploads lie, as far as that was said */
  async join(instance: string, { host, place, pid }: Where, folder?: string): Promise<void> {
    const { member } = this;
    await this.own.query({
      text: 'SELECT pg_advisory_lock(hashtextextended($1, 0))',
      values: [member],
    });
    await this.own.query({
      text:
        `WITH old AS (DELETE FROM ${this.name} ` +
        `WHERE seen_at < clock_timestamp() - interval '${REMEMBERED} hours' AND ${isGoneInSql('member')}) ` +
        `INSERT INTO ${this.name} (member, instance, host, place, pid, folder) ` +
        `VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [member, instance, host, place, pid, folder],
    });
  }

  /** Says where this member's uploads lie. */
  async share(folder: string): Promise<void> {
    await this.own.query({
      text: `UPDATE ${this.name} SET folder = $2 WHERE member = $1`,
      values: [this.member, folder],
    });
  }

  async leave(): Promise<void> {
    await this.own.query({
      text: `DELETE FROM ${this.name} WHERE member = $1`,
      values: [this.member],
    });
  }

  /**
   * Shows that this member lives, finds those that have not for a while, and tells who there is.
   *
   * @param patience milliseconds
   */
  async look(patience: number): Promise<Look> {
    const { rows } = await this.own.query({
      name: `${this.schema}.look`,
      text:
        `WITH me AS (UPDATE ${this.name} SET seen_at = clock_timestamp() ` +
        `WHERE member = $1 AND NOT suspected RETURNING member), ` +
        `found AS (UPDATE ${this.name} SET suspected = true WHERE member <> $1 AND NOT suspected ` +
        `AND seen_at < clock_timestamp() - $2 * interval '1 millisecond' RETURNING member), ` +
        `others AS (SELECT member, instance, host, place, pid, folder, ` +
        `suspected OR member IN (SELECT member FROM found) AS suspected ` +
        `FROM ${this.name} WHERE member <> $1 AND NOT ${isGoneInSql('member')}) ` +
        `SELECT EXISTS (SELECT FROM me) AS "isWell", ` +
        `(SELECT coalesce(json_agg(others), '[]') FROM others) AS others, ` +
        `(SELECT coalesce(json_agg(member), '[]') FROM found) AS found`,
      values: [this.member, patience],
    });
    return rows[0] as unknown as Look;
  }

  /**
   * Has the others count on this member again. What they were taking from it is taken once this resolves.
   *
   * @returns whether it is known of at all
   */
  async return(): Promise<boolean> {
    const { rowCount } = await this.own.query({
      text:
        `UPDATE ${this.name} SET suspected = false, seen_at = clock_timestamp() ` +
        `WHERE member = $1`,
      values: [this.member],
    });
    return rowCount === 1;
  }

  /** Whether a process is no member, nor any of those that it was has its connection. */
  async isGone(identity: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      text: `SELECT FROM ${this.name} WHERE starts_with(member, $1) AND NOT ${isGoneInSql('member')}`,
      values: [`${identity}.`],
    });
    return rowCount === 0;
  }

  async isSuspected(identity: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      text: `SELECT FROM ${this.name} WHERE starts_with(member, $1) AND suspected AND NOT ${isGoneInSql('member')}`,
      values: [`${identity}.`],
    });
    return rowCount !== 0;
  }

  /** What is known of a member, which may have ended. */
  async find(member: string): Promise<Pick<Where, 'pid' | 'place'> | undefined> {
    const { rows } = await this.pool.query({
      text: `SELECT pid, place FROM ${this.name} WHERE member = $1`,
      values: [member],
    });
    return rows[0] as Pick<Where, 'pid' | 'place'> | undefined;
  }

  /**
   * Ends what a member that is suspected does in the database, and would keep rows from others; its own
   * connection stays, by which it learns of all that.
   *
   * @param application what its connections are called
   */
  async interrupt(member: string, application: string): Promise<void> {
    await this.pool.query({
      text:
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $2 ` +
        `AND state <> 'idle' AND pid <> (SELECT backend FROM ${this.name} WHERE member = $1)`,
      values: [member, application],
    });
  }

  /** Notifies this member itself, from another connection. */
  async notifyOwn(notice: string): Promise<void> {
    await this.pool.query({
      text: 'SELECT pg_notify($1, $2)',
      values: [channelOf(this.member), notice],
    });
  }

  async notify(notices: readonly (readonly [member: string, notice: string])[]): Promise<void[]> {
    await this.own.query(
      this.named(
        'notify',
        'SELECT pg_notify(channel, notice) FROM unnest($1::text[], $2::text[]) AS n(channel, notice)',
        [notices.map(([to]) => channelOf(to)), notices.map(([, notice]) => notice)],
      ),
    );
    return notices.map(() => undefined);
  }

  private named(name: string, text: string, values: readonly unknown[]): PgQuery {
    return { name: `${this.schema}.${name}`, text, values };
  }
}

/** Whether two members are the same process. */
export function isSameProcess(one: string, other: string): boolean {
  return identityOf(one) === identityOf(other);
}
