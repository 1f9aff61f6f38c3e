import type { PgPool } from './pg.interface.js';
import { loadPg } from './load-pg.js';
import type { PostgresOptions } from './postgres-options.interface.js';
import { KEEP_ALIVE_AFTER, TIME_LIMITS } from './time-limits.js';

/**
 * Connections of the pool unless told: commits that are under way together share their flush, so 64
 * creations at a time take half as long by 32 as by 20. It ends those that lie idle.
 */
const MOST_CONNECTIONS = 32;

/** What the pool is given unless the options say otherwise. */
const DEFAULTS = {
  application_name: 'nestjs-tus',
  max: MOST_CONNECTIONS,
  connectionTimeoutMillis: TIME_LIMITS.connect,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER,
};

/**
 * The pool that the options say.
 *
 * @throws PgUnavailableError
 */
export async function poolOf(options: PostgresOptions): Promise<PgPool> {
  const { pool, listen: _listen, schema: _schema, migrate: _migrate, ...connection } = options;
  if (pool) return pool;
  const { Pool } = await loadPg();
  return new Pool({ ...DEFAULTS, ...connection });
}

/** Which database it is, in words for people, without a password. */
export function placeOf(options: PostgresOptions): string {
  const { pool, connectionString, host = 'localhost', port = 5432, database } = options;
  if (pool) return 'the database of the given pool';
  if (connectionString === undefined) {
    return `the database ${database ? `"${database}" ` : ''}at ${host}:${port}`;
  }
  try {
    const { host: at, pathname, searchParams } = new URL(connectionString);
    const name = decodeURIComponent(pathname.slice(1));
    return `the database "${name}" at ${searchParams.get('host') ?? at}`;
  } catch {
    return 'the database of the connection string';
  }
}
