import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { UnfitDatabaseError } from '../../../../lib/errors/index.js';
import { postgresMigrations, PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { TestSchema } from '../../../support/postgres/test-database.js';
import { uploadRecord } from '../records.js';

describe('The tables of the registry in PostgreSQL', () => {
  let schema: TestSchema;
  beforeEach(async () => {
    schema = await TestSchema.make();
  });
  afterEach(() => schema.remove());

  function registry(migrate?: boolean): PostgresRegistry {
    return new PostgresRegistry({ ...schema.options, max: 2, migrate }, { durable: true });
  }

  async function versions(): Promise<unknown[]> {
    const { rows } = await schema.query('SELECT version FROM tus.migrations ORDER BY version');
    return rows.map(({ version }) => version);
  }

  it('are made by the first that opens it, and found by the next', async () => {
    for (let round = 0; round < 2; round++) {
      const opened = registry();
      await opened.open();
      await opened.create(uploadRecord());
      await opened.close();
    }
    expect(await versions()).toEqual(postgresMigrations().map(({ version }) => version));
    expect((await schema.query('SELECT 1 FROM tus.uploads')).rowCount).toBe(2);
  });

  it('are made once by many that open it at the same time', async () => {
    const opened = Array.from({ length: 8 }, () => registry());
    await Promise.all(opened.map((each) => each.open()));
    await Promise.all(opened.map((each) => each.create(uploadRecord())));
    for (const each of opened) await each.close();

    expect(await versions()).toEqual(postgresMigrations().map(({ version }) => version));
    expect((await schema.query('SELECT 1 FROM tus.uploads')).rowCount).toBe(8);
  });

  it('may be made by hand, with the SQL that is exported', async () => {
    for (const { sql } of postgresMigrations(schema.name)) {
      await schema.query(`BEGIN; ${sql} COMMIT`);
    }
    const opened = registry(false);
    await opened.open();
    await opened.create(uploadRecord());
    await opened.close();
  });

  it('are asked for where they are not there and may not be made', async () => {
    const opening = registry(false).open();
    await expect(opening).rejects.toThrow(UnfitDatabaseError);
    await expect(opening).rejects.toThrow(
      `There are no tables in the schema "${schema.name}", and "migrate" is false. ` +
        `Run what postgresMigrations('${schema.name}') has from version 1 on`,
    );
    expect((await schema.query(`SELECT to_regnamespace('${schema.name}') AS it`)).rows).toEqual([
      { it: null },
    ]);
  });

  it.each([true, false])(
    'are refused when a later version has made them (migrate: %p)',
    async (may) => {
      const first = registry();
      await first.open();
      await first.close();
      await schema.query(`INSERT INTO tus.migrations VALUES (99, 'later')`);

      const opening = registry(may).open();
      await expect(opening).rejects.toThrow(UnfitDatabaseError);
      await expect(opening).rejects.toThrow(
        /are of version 99, .* knows those of version \d+: .* Update/,
      );
    },
  );

  it('are all there, or none', async () => {
    await schema.query(`CREATE SCHEMA ${schema.name}; CREATE TABLE tus.leases ()`);
    await expect(registry().open()).rejects.toThrow('already exists');
    const { rows } = await schema.query(`SELECT to_regclass('tus.uploads') AS it`);
    expect(rows).toEqual([{ it: null }]);
  });

  it('are not made by a user without rights, which is told what it needs', async () => {
    const role = `role_${randomBytes(8).toString('hex')}`;
    await schema.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    try {
      const opening = as(role).open();
      await expect(opening).rejects.toThrow(UnfitDatabaseError);
      await expect(opening).rejects.toThrow(/permission denied .* Grant the user USAGE and CREATE/);
      await schema.query(`CREATE SCHEMA ${schema.name} AUTHORIZATION ${role}`);
      const opened = as(role);
      await opened.open();
      await opened.create(uploadRecord());
      await opened.close();
    } finally {
      await schema.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });

  it('are not looked for on a standby, or in a session that takes no writes', async () => {
    const options = '-c default_transaction_read_only=on';
    const opened = new PostgresRegistry({ ...schema.options, options }, { durable: true });
    await expect(opened.open()).rejects.toThrow(/takes no writes\. Connect to the primary/);
  });

  it('are not looked for where there is no database, of which is told which, and no password', async () => {
    for (const [connectionString, reason] of [
      ['postgresql://me:secret@127.0.0.1:1/none', /"none" at 127\.0\.0\.1:1: .*ECONNREFUSED/],
      [elsewhere('nowhere'), /"nowhere" at .*does not exist.* Create the database/],
    ] as const) {
      const opened = new PostgresRegistry({ connectionString }, { durable: true });
      const error = await opened.open().catch((thrown: unknown) => thrown as Error);
      expect(error).toBeInstanceOf(UnfitDatabaseError);
      expect((error as Error).message).toMatch(reason);
      expect((error as Error).message).not.toContain('secret');
    }
  });

  it('refuse schemas with names that are none', () => {
    expect(() => postgresMigrations('a"b')).toThrow(RangeError);
  });

  function elsewhere(database: string): string {
    const url = new URL(schema.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  function as(user: string): PostgresRegistry {
    const { database, host, port } = new pg.Client({ connectionString: schema.url });
    const options = { host, port, database, user, password: 'x', schema: schema.name, max: 1 };
    return new PostgresRegistry(options, { durable: true });
  }
});
