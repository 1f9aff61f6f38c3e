import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import { RegistryUnavailableError, UploadIdTakenError } from '../../../../lib/errors/index.js';
import { Database, TIME_LIMITS, type PgQuery } from '../../../../lib/postgres/index.js';
import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { Tables } from '../../../../lib/registry/postgres/tables.js';
import { UploadInserts } from '../../../../lib/registry/postgres/upload-inserts.js';
import { UploadStatements } from '../../../../lib/registry/postgres/upload-statements.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { delivery, uploadRecord } from '../records.js';

/** A text that no index has room for. */
const TOO_LONG = randomBytes(4000).toString('hex');

/** What a registry in PostgreSQL is asked for by many at once. */
describe('Many at once', () => {
  const schema = useTestSchema();
  let pool: pg.Pool;
  let registry: PostgresRegistry;
  let statements: UploadStatements;

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: schema().url, max: 8 });
    registry = new PostgresRegistry({ pool, schema: schema().name }, { durable: true });
    statements = new UploadStatements(new Tables(schema().name, true));
    await registry.open();
  });
  afterAll(async () => {
    await registry.close();
    await pool.end();
  });
  beforeEach(() => schema().clear());

  /** Counts the statements that the pool is given meanwhile. */
  async function statementsOf(work: () => Promise<unknown>): Promise<number> {
    const taking = jest.spyOn(pool, 'connect');
    await work();
    const { length } = taking.mock.calls;
    taking.mockRestore();
    return length;
  }

  const records = (count: number) => Array.from({ length: count }, () => uploadRecord());

  it('are stored, and found, by few statements', async () => {
    const made = records(50);
    const inserts = await statementsOf(() =>
      Promise.all(made.map((record) => registry.create(record))),
    );
    let found: unknown[] = [];
    const lookups = await statementsOf(async () => {
      found = await Promise.all(made.map(({ id }) => registry.get(id)));
    });

    expect(found).toEqual(made);
    expect([inserts, lookups]).toEqual([1, 1]);
  });

  it.each<[string, (one: Upload) => Promise<unknown>]>([
    ['looked for', ({ id }) => registry.get(id)],
    ['stored', (record) => registry.create(record)],
  ])('are %s by four statements at a time, be it one by one that they come', async (_, work) => {
    const held = await schema().begin('LOCK TABLE tus.uploads IN ACCESS EXCLUSIVE MODE');
    const results: Promise<unknown>[] = [];
    const whileHeld = await statementsOf(async () => {
      for (const record of records(12)) {
        results.push(work(record));
        await nextTurn();
        await nextTurn();
      }
    });
    const afterwards = await statementsOf(async () => {
      await held.end();
      await Promise.all(results);
    });

    expect([whileHeld, afterwards]).toEqual([4, 1]);
  });

  it('are told each for itself whether an id was taken', async () => {
    const [first, second, third] = records(3) as [Upload, Upload, Upload];
    await registry.create(first);
    const results = await Promise.allSettled([
      registry.create({ ...first, length: 1 }),
      registry.create(second),
      registry.create({ ...second, length: 2 }),
      registry.create(third),
    ]);

    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(UploadIdTakenError);
    }
    expect(await registry.get(first.id)).toEqual(first);
    expect(await registry.get(second.id)).toEqual(second);
  });

  it('do not fail with one that does not fit', async () => {
    const unfit = uploadRecord({ owner: TOO_LONG });
    const others = records(3);
    const [failed, ...stored] = await Promise.allSettled(
      [unfit, ...others].map((record) => registry.create(record)),
    );

    expect(failed?.status).toBe('rejected');
    expect(stored.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await registry.get(unfit.id)).toBeUndefined();
    for (const record of others) expect(await registry.get(record.id)).toEqual(record);
  });

  it('do not fail with one that another process has in hand', async () => {
    const limits = { ...TIME_LIMITS, lock: 100 };
    const own = new pg.Pool({ connectionString: schema().url, max: 8 });
    const database = new Database({ pool: own, isOwn: true, durable: true, limits });
    const inserts = new UploadInserts(database, statements);
    const [held, ...others] = records(4) as [Upload, ...Upload[]];
    const other = await schema().begin(
      `INSERT INTO tus.uploads (id, state, created_at) VALUES ($1, 'receiving', now())`,
      [held.id],
    );
    const [failed, ...stored] = await Promise.allSettled(
      [held, ...others].map((record) => inserts.insert(record)),
    );
    await other.end();
    await database.close();

    expect(failed).toMatchObject({ reason: expect.any(RegistryUnavailableError) });
    expect(stored).toEqual(others.map(() => ({ status: 'fulfilled', value: true })));
  });

  it('of two processes with the same ids get every id once', async () => {
    const second = new PostgresRegistry(schema().options, { durable: true });
    await second.open();
    const made = records(40);
    const both = await Promise.allSettled([
      ...made.map((record) => registry.create(record)),
      ...[...made].reverse().map((record) => second.create(record)),
    ]);
    await second.close();

    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
    expect(await Promise.all(made.map(({ id }) => registry.get(id)))).toEqual(made);
  });

  it('find what is there, be it asked for twice, and nothing else', async () => {
    const upload = uploadRecord();
    await registry.create(upload);
    const ids = [upload.id, 'f'.repeat(32), 'an id with \0', upload.id];
    const found = await Promise.all(ids.map((id) => registry.get(id)));

    expect(found).toEqual([upload, undefined, undefined, upload]);
  });

  it.each<[string, (count: number) => PgQuery]>([
    ['found', (count) => statements.find(records(count).map(({ id }) => id))],
    ['stored', (count) => statements.insertAll(records(count).map((r) => statements.rowOf(r)))],
    [
      'finished',
      (count) => {
        const { id } = uploadRecord();
        const handlers = Array.from({ length: count }, (_, index) => `Handler#${index}`);
        const deliveries = handlers.map((handler) => delivery(id, { handler }));
        return statements.insert(statements.rowOf(uploadRecord({ id })), deliveries);
      },
    ],
  ])('are %s by a statement that is not planned anew, however many they are', async (_, of) => {
    const client = new pg.Client({ connectionString: schema().url });
    await client.connect();
    const name = of(1).name;
    for (let times = 0; times < 30; times++) {
      const { text, values } = of(1 + (times % 3));
      await client.query({ name, text, values: [...(values ?? [])] });
    }
    const { rows } = await client.query('SELECT * FROM pg_prepared_statements WHERE name = $1', [
      name,
    ]);
    await client.end();

    expect(Number(rows[0].custom_plans)).toBeLessThanOrEqual(5);
    expect(Number(rows[0].generic_plans)).toBe(25);
  });
});

type Upload = ReturnType<typeof uploadRecord>;
