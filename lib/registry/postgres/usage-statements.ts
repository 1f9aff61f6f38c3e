import type { Usage } from '../registry.interface.js';
import { toDatabaseText, type PgQuery, type PgResult } from '../../postgres/index.js';

/** Whose uploads are counted: an owner's, or those of all. */
export type Scope = 'own' | 'all';

/** The first half of the advisory locks of those who count; the second says what. */
const COUNTING_LOCK = 0x747574;

/** Uploads that take room: those that are unfinished, and others whose file is still there. */
const TAKES_ROOM = `(state = 'receiving' OR
  (state IN ('finished', 'quarantined') AND file_removed_at IS NULL AND moved_to IS NULL))`;

const UNFINISHED = `FILTER (WHERE state = 'receiving')`;

/** One whose length is deferred counts as the largest it may become. */
const BYTES = 'sum(coalesce(length, max_size, 0))';

/** The statements that count what uploads take. */
export class UsageStatements {
  constructor(private readonly schema: string) {}

  /** Waits for transactions in which the same was counted, until the transaction ends. */
  lock(scope: Scope, owner: string | undefined): PgQuery {
    // An owner's texts begin with another letter than what stands for no owner, or for all.
    const whose = scope === 'all' ? 'all' : owner === undefined ? 'none' : `=${owner}`;
    return {
      text: 'SELECT pg_advisory_xact_lock($1, hashtext($2))',
      values: [COUNTING_LOCK, toDatabaseText(`${this.schema} ${whose}`)],
    };
  }

  count(scope: Scope, owner: string | undefined): PgQuery {
    const { condition, values } = whoseUploads(scope, owner);
    return {
      text:
        `SELECT count(*)::float8 AS uploads, (count(*) ${UNFINISHED})::float8 AS unfinished, ` +
        `coalesce(${BYTES}, 0)::float8 AS bytes, ` +
        `coalesce(${BYTES} ${UNFINISHED}, 0)::float8 AS pending ` +
        `FROM "${this.schema}".uploads WHERE ${condition} ${TAKES_ROOM}`,
      values,
    };
  }

  /** What was counted. */
  usageOf({ rows }: PgResult): Usage {
    const [{ uploads, unfinished, bytes, pending }] = rows as unknown as readonly [Usage];
    return { uploads, unfinished, bytes, pending };
  }
}

function whoseUploads(
  scope: Scope,
  owner: string | undefined,
): { condition: string; values: string[] } {
  if (scope === 'all') return { condition: '', values: [] };
  if (owner === undefined) return { condition: 'owner IS NULL AND', values: [] };
  return { condition: 'owner = $1 AND', values: [toDatabaseText(owner)] };
}
