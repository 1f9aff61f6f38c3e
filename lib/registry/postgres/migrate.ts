import { UnfitDatabaseError } from '../../errors/index.js';
import type { Database, Queryable } from '../../postgres/index.js';
import { LATEST_VERSION, postgresMigrations } from './migrations.js';

/** The first half of the advisory lock of those who migrate; the second is the schema's. */
const MIGRATION_LOCK = 0x747573;

/**
 * Sees to it that the tables are there, and those of this version.
 *
 * @param mayMigrate whether to make them; else they must be there
 * @throws UnfitDatabaseError when they are newer, or are not there and may not be made
 */
export async function migrate(
  database: Database,
  schema: string,
  mayMigrate: boolean,
): Promise<void> {
  const version = await versionOf(database, schema);
  if (isLatest(schema, version)) return;
  if (!mayMigrate) throw new UnfitDatabaseError(tooOld(schema, version));
  await database.transaction(async (connection) => {
    await connection.query({
      text: 'SELECT pg_advisory_xact_lock($1, hashtext($2))',
      values: [MIGRATION_LOCK, schema],
    });
    await runFrom(await versionOf(connection, schema), connection, schema);
  });
}

async function runFrom(version: number, connection: Queryable, schema: string): Promise<void> {
  if (isLatest(schema, version)) return;
  for (const { sql } of postgresMigrations(schema).slice(version)) {
    await connection.query({ text: sql });
  }
}

/** How far the tables have come; 0 where there are none. */
async function versionOf(database: Queryable, schema: string): Promise<number> {
  // In the tables themselves: to_regclass() may not see yet what another session has just made.
  const found = await database.query({
    text: `SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'migrations'`,
    values: [schema],
  });
  if (found.rowCount === 0) return 0;
  const { rows } = await database.query({
    text: `SELECT coalesce(max(version), 0)::float8 AS version FROM "${schema}".migrations`,
  });
  return rows[0]?.version as number;
}

function isLatest(schema: string, version: number): boolean {
  if (version <= LATEST_VERSION) return version === LATEST_VERSION;
  throw new UnfitDatabaseError(
    `The tables in the schema "${schema}" are of version ${version}, and this module knows those of ` +
      `version ${LATEST_VERSION}: a later one has made them, and there is no way back. Update this ` +
      'module, or give it a schema of its own.',
  );
}

function tooOld(schema: string, version: number): string {
  const state =
    version === 0
      ? `There are no tables in the schema "${schema}"`
      : `The tables in the schema "${schema}" are of version ${version}, and this module needs those of ` +
        `version ${LATEST_VERSION}`;
  return (
    `${state}, and "migrate" is false. Run what postgresMigrations('${schema}') has from version ` +
    `${version + 1} on, or leave "migrate" at true.`
  );
}
