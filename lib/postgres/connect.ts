import type { PgConnection, PgPool } from './pg.interface.js';
import { loadPg } from './load-pg.js';
import type { PostgresConnection, PostgresOptions } from './postgres-options.interface.js';
import { KEEP_ALIVE_AFTER, TIME_LIMITS } from './time-limits.js';

/**
 * Connections of the pool unless told: commits that are under way together share their flush, so 64
 * creations at a time take half as long by 32 as by 20. It ends those that lie idle.
 */
const MOST_CONNECTIONS = 32;

/** What a connection is given unless the options say otherwise. */
const DEFAULTS = {
  application_name: 'nestjs-tus',
  connectionTimeoutMillis: TIME_LIMITS.connect,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER,
};

/** Connections that a pool makes at most; `undefined` where that is not known. */
export function mostConnectionsOf({ pool, max = MOST_CONNECTIONS }: PostgresOptions) {
  if (!pool) return max;
  const { max: most } = (pool.options ?? {}) as { readonly max?: unknown };
  return typeof most === 'number' ? most : undefined;
}

/** What the database's own listings call the connections of a process. */
export function applicationNameOf(process: string): string {
  return `${DEFAULTS.application_name} ${process}`;
}

/**
 * The pool that the options say.
 *
 * @param process by which its connections are told apart from those of other processes
 * @throws PgUnavailableError
 */
export async function poolOf(options: PostgresOptions, process?: string): Promise<PgPool> {
  if (options.pool) return options.pool;
  const { Pool } = await loadPg();
  return new Pool({
    ...DEFAULTS,
    ...(process !== undefined && { application_name: applicationNameOf(process) }),
    max: MOST_CONNECTIONS,
    ...connectionOf(options),
  });
}

/**
 * A connection beside the pool, which is not open yet.
 *
 * @throws PgUnavailableError
 */
export async function connectionBeside(options: PostgresOptions): Promise<PgConnection> {
  const { Client } = await loadPg();
  const { listen, pool } = options;
  if (typeof listen === 'string') return new Client({ ...DEFAULTS, connectionString: listen });
  if (listen) return new Client({ ...DEFAULTS, ...listen });
  // As it is: what is secret in it is not copied.
  if (pool) return new Client(pool.options ?? DEFAULTS);
  return new Client({ ...DEFAULTS, ...connectionOf(options) });
}

/** What says how to connect. */
function connectionOf(options: PostgresOptions): PostgresConnection {
  const {
    pool: _pool,
    listen: _listen,
    schema: _schema,
    migrate: _migrate,
    patience: _patience,
    ...connection
  } = options;
  return connection;
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
