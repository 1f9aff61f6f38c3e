import type { Queryable } from './database.js';

/**
 * By how many milliseconds the database's clock is ahead of this machine's, or (below 0) behind it, for
 * certain: what may be due to the way there does not count.
 */
export async function clockDifference(database: Queryable): Promise<number> {
  const before = Date.now();
  const { rows } = await database.query({
    text: 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
  });
  const now = rows[0]?.now as number;
  return Math.max(now - Date.now(), Math.min(now - before, 0));
}
