import { decodeCursor, type CursorPart } from '../paging.js';
import type {
  DeliveryKey,
  DeliveryOutcome,
  DeliveryRecord,
  DeliveryState,
} from '../delivery-record.interface.js';
import type { DeliveryQuery, DueTerms } from '../registry.interface.js';
import { timeOf } from './columns.js';
import { toDatabaseText, type PgQuery } from '../../postgres/index.js';
import { DELIVERIES } from './delivery-columns.js';
import type { Tables } from './tables.js';

/** Where a listing goes on. Its state is empty where it has deliveries of all. */
type Position = [state: string, uploadId: string, handler: string];

/** The most that PostgreSQL takes for a number of rows here. */
const MOST_ROWS = 2 ** 31 - 1;

/** The states as literals, for which the database sees that an index has those of one. */
const STATES: ReadonlyMap<DeliveryState, string> = new Map([
  ['waiting', "state = 'waiting'"],
  ['running', "state = 'running'"],
  ['dead', "state = 'dead'"],
]);

/** A handler whose waiting deliveries are wanted, and which. */
interface Wanted {
  readonly handler: string;
  readonly terms: DueTerms;
}

/** The statements on deliveries. */
export class DeliveryStatements {
  private readonly claimText: string;
  private readonly doneText: string;
  private readonly settleText: string;
  private readonly waitingText: string;
  private readonly holdersText: string;
  private readonly dueText: string;

  constructor(private readonly tables: Tables) {
    const { deliveries, commit } = tables;
    const { selected } = DELIVERIES;
    const isKey = 'upload_id = $1 AND handler = $2';
    const isHeld =
      `${isKey} AND state = 'running' AND holder = $3 ` +
      `AND ($4::float8 IS NULL OR attempt = $4)`;

    this.claimText =
      `UPDATE ${deliveries} SET state = 'running', attempt = attempt + 1, holder = $3, ` +
      `started_at = ${timeOf('$4')} ` +
      `WHERE (upload_id, handler) = (SELECT upload_id, handler FROM ${deliveries} ` +
      `WHERE ${isKey} AND state = 'waiting' FOR UPDATE SKIP LOCKED) ` +
      `RETURNING ${selected}${commit.selected}`;
    this.doneText = `DELETE FROM ${deliveries} WHERE ${isHeld}${commit.returning}`;
    this.settleText =
      `UPDATE ${deliveries} SET state = $5, due_at = coalesce(${timeOf('$6')}, due_at), error = $7, ` +
      `attempt = attempt - $8::int, holder = NULL, started_at = NULL ` +
      `WHERE ${isHeld}${commit.returning}`;
    // One look into the index for each group, and not one for each row.
    this.waitingText = firstOfGroups(deliveries, 'waiting', 'handler', ['due_at']);
    this.holdersText = firstOfGroups(deliveries, 'running', 'holder');
    const some = (condition: string) =>
      `(SELECT * FROM ${deliveries} WHERE state = 'waiting' AND handler = wanted.name ` +
      `AND ${condition} ORDER BY due_at, upload_id LIMIT wanted.most)`;
    this.dueText =
      `SELECT ${selected} FROM unnest($2::text[], $3::int[], $4::float8[]) AS wanted(name, most, latest) ` +
      `CROSS JOIN LATERAL (SELECT * FROM (` +
      `${some(`due_at <= ${timeOf('$1')}`)} UNION ALL ` +
      `${some(`due_at > ${timeOf('greatest($1, wanted.latest)')}`)}) AS found ` +
      `ORDER BY due_at > ${timeOf('$1')}, due_at, upload_id LIMIT wanted.most) AS due ` +
      `ORDER BY due_at`;
  }

  claim({ uploadId, handler }: DeliveryKey, holder: string, now: number): PgQuery {
    const values = [toDatabaseText(uploadId), toDatabaseText(handler), holder, now];
    return this.named('claim', this.claimText, values);
  }

  settle(
    { uploadId, handler, attempt }: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): PgQuery {
    const key = [toDatabaseText(uploadId), toDatabaseText(handler), holder, attempt ?? null];
    if (outcome.kind === 'done') return this.named('done', this.doneText, key);
    const { error, isUncounted } = outcome;
    return this.named('settle', this.settleText, [
      ...key,
      outcome.kind === 'dead' ? 'dead' : 'waiting',
      outcome.kind === 'dead' ? null : outcome.dueAt,
      error === undefined ? null : toDatabaseText(error),
      isUncounted ? 1 : 0,
    ]);
  }

  revive(uploadId: string, handler: string | undefined, now: number): PgQuery {
    return {
      text:
        `UPDATE ${this.tables.deliveries} SET state = 'waiting', due_at = ${timeOf('$2')}, ` +
        `forgiven = attempt, lost = NULL ` +
        `WHERE upload_id = $1 AND state = 'dead' AND ($3::text IS NULL OR handler = $3)` +
        this.tables.commit.returning,
      values: [
        toDatabaseText(uploadId),
        now,
        handler === undefined ? null : toDatabaseText(handler),
      ],
    };
  }

  /** Lets all deliveries wait that holders have. */
  release(holder: string, now: number): PgQuery {
    return {
      text:
        `UPDATE ${this.tables.deliveries} SET state = 'waiting', due_at = ${timeOf('$2')}, ` +
        `lost = coalesce(lost, 0) + 1, holder = NULL, started_at = NULL ` +
        `WHERE state = 'running' AND holder = $1${this.tables.commit.returning}`,
      values: [holder, now],
    };
  }

  /** All holders of running deliveries. */
  holders(): PgQuery {
    return this.named('holders', this.holdersText, []);
  }

  /** The handlers that deliveries wait for, and when the first one of each is due. */
  waiting(): PgQuery {
    return this.named('waiting', this.waitingText, []);
  }

  due(until: number, wanted: readonly Wanted[]): PgQuery {
    return this.named('due-deliveries', this.dueText, [
      until,
      wanted.map(({ handler }) => toDatabaseText(handler)),
      wanted.map(({ terms }) => Math.min(Math.max(terms.limit, 0), MOST_ROWS)),
      wanted.map(({ terms }) => terms.latest ?? Infinity),
    ]);
  }

  /** @throws RangeError for a cursor of another listing */
  list(query: DeliveryQuery, limit: number): PgQuery {
    const { state, uploadId } = query;
    const values: unknown[] = [];
    const place = (value: number) => `$${values.push(value)}`;
    const text = (value: string) => `$${values.push(toDatabaseText(value))}`;

    const position = positionOf(query);
    const conditions: string[] = [];
    if (state !== undefined) conditions.push(STATES.get(state) ?? 'false');
    if (uploadId !== undefined) conditions.push(`upload_id = ${text(uploadId)}`);
    if (position) {
      const [, id, handler] = position;
      conditions.push(`(upload_id, handler) > (${text(id)}, ${text(handler)})`);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `;
    return {
      text:
        `SELECT ${DELIVERIES.selected} FROM ${this.tables.deliveries} ${where}` +
        `ORDER BY upload_id, handler LIMIT ${place(limit)}`,
      values,
    };
  }

  private named(name: string, text: string, values: readonly unknown[]): PgQuery {
    return { name: this.tables.statementName(name), text, values };
  }
}

/** Where a delivery stands in a listing. */
export function deliveryPosition(
  { state }: DeliveryQuery,
  { uploadId, handler }: DeliveryRecord,
): readonly CursorPart[] {
  return [state ?? '', uploadId, handler];
}

function positionOf({ cursor, state, uploadId }: DeliveryQuery): Position | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<Position>(
    cursor,
    (value): value is Position =>
      value.length === 3 &&
      value.every((part) => typeof part === 'string') &&
      value[0] === (state ?? '') &&
      (uploadId ?? value[1]) === value[1],
  );
}

/** The first row of each group among the deliveries of a state, in SQL. */
function firstOfGroups(
  deliveries: string,
  state: DeliveryRecord['state'],
  group: string,
  others: readonly string[] = [],
): string {
  const columns = [group, ...others].join(', ');
  const first = (condition: string) =>
    `SELECT ${columns} FROM ${deliveries} WHERE state = '${state}' ${condition}` +
    `ORDER BY ${columns} LIMIT 1`;
  const times = others.map(
    (name) => `round(extract(epoch from ${name}) * 1000)::float8 AS ${name}`,
  );
  return (
    `WITH RECURSIVE found AS ((${first('')}) UNION ALL ` +
    `SELECT next.* FROM found CROSS JOIN LATERAL ` +
    `(${first(`AND ${group} > found.${group} `)}) AS next) ` +
    `SELECT ${[group, ...times].join(', ')} FROM found`
  );
}
