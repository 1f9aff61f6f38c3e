import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '../eventually.js';

/** The variable that names the folder in which the shared server says that it is there. */
export const TEST_DATABASE = 'TUS_TEST_DATABASE';

/** The file that has its URL. */
export const STARTED = 'started';

/** The file that says why it has not started. */
export const FAILED = 'failed';

/** Milliseconds until it must have started, on a machine that has much to do. */
const PATIENCE = 50_000;

/**
 * Where PostgreSQL is: the server that the tests share, or `DATABASE_URL`.
 *
 * @throws Error when there is none
 */
export async function databaseUrl(): Promise<string> {
  const { DATABASE_URL: given, [TEST_DATABASE]: folder } = process.env;
  if (given) return given;
  if (!folder)
    throw new Error('There is no PostgreSQL: run the tests by Jest, or set DATABASE_URL.');
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    const url = await contentOf(join(folder, STARTED));
    if (url !== undefined) return url;
    const reason = await contentOf(join(folder, FAILED));
    if (reason !== undefined) {
      throw new Error(`PostgreSQL does not start; set DATABASE_URL to one that runs. ${reason}`);
    }
    await pause(20);
  }
  throw new Error('PostgreSQL has not started in time; set DATABASE_URL to one that runs.');
}

export interface TestTransaction {
  query(query: pg.QueryConfig): Promise<pg.QueryResult<Record<string, unknown>>>;
  end(): Promise<void>;
}

/** A schema of its own in the shared database, for the tests of one spec. */
export class TestSchema {
  private constructor(
    readonly url: string,
    readonly name: string,
    private readonly pool: pg.Pool,
  ) {}

  static async make(): Promise<TestSchema> {
    const url = await databaseUrl();
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    // The server may end before a connection that was ended has gone.
    pool.on('error', () => undefined);
    return new TestSchema(url, `test_${randomBytes(8).toString('hex')}`, pool);
  }

  /** What a registry is to be given. */
  get options(): { connectionString: string; schema: string } {
    return { connectionString: this.url, schema: this.name };
  }

  /** Runs a statement that calls the schema `tus`. */
  query(text: string, values: unknown[] = []): Promise<pg.QueryResult<Record<string, unknown>>> {
    return this.pool.query<Record<string, unknown>>(this.named(text), values);
  }

  /** Begins a transaction with a statement; it stays open until it is ended. */
  async begin(text: string, values: unknown[] = []): Promise<TestTransaction> {
    const client = await this.pool.connect();
    await client.query('BEGIN');
    await client.query(this.named(text), values);
    const end = async (): Promise<void> => {
      await client.query('COMMIT');
      client.release();
    };
    return { query: (query) => client.query(query), end };
  }

  /** Resolves when a statement on the schema waits for a row, or for what else another one has. */
  async whenOneWaits(): Promise<void> {
    const waiting = `SELECT 1 FROM pg_stat_activity
      WHERE cardinality(pg_blocking_pids(pid)) > 0 AND query LIKE '%${this.name}%'`;
    await eventually(async () => expect((await this.query(waiting)).rowCount).not.toBe(0));
  }

  /** Takes all rows away, and leaves the tables. */
  async clear(): Promise<void> {
    await this.query('DELETE FROM tus.uploads; DELETE FROM tus.leases');
  }

  /** The statement on the schema itself. */
  private named(text: string): string {
    return text.replaceAll('tus.', `${this.name}.`);
  }

  /** Removes it, and those whose names begin with its own. */
  async remove(): Promise<void> {
    const named = 'SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)';
    const { rows } = await this.pool.query<{ nspname: string }>(named, [this.name]);
    for (const { nspname } of rows) await this.pool.query(`DROP SCHEMA ${nspname} CASCADE`);
    await this.pool.end();
  }
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Gives the tests of the surrounding `describe` a schema of their own. */
export function useTestSchema(): () => TestSchema {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await TestSchema.make();
  });
  afterAll(() => schema.remove());
  return () => schema;
}
