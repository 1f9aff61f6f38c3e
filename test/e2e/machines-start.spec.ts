import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { postgres } from '../../lib/backends/postgres/index.js';
import type { PostgresOptions } from '../../lib/backends/postgres/index.js';
import type { StorageFactory } from '../../lib/index.js';
import { useTestSchema } from '../support/postgres/test-database.js';
import { TransactionPooler } from '../support/postgres/transaction-pooler.js';
import {
  create,
  eventually,
  makeTempFolder,
  patch,
  removeTempFolder,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { TestApp, TusOptions } from '../support/index.js';
import { MemoryStorage } from '../support/memory.storage.js';

const schema = useTestSchema();
let folder: string;
const apps: TestApp[] = [];

beforeEach(async () => {
  folder = await makeTempFolder();
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await removeTempFolder(folder);
});

/** Starts an app whose uploads lie in one of several folders. */
async function start(
  name = 'a',
  options: PostgresOptions = schema().options,
  tus: TusOptions = {},
): Promise<TestApp> {
  const app = await startApp({
    platform: 'express',
    tmpFileDir: join(folder, name),
    tus: { registry: postgres({ max: 10, ...options }), ...tus },
  });
  apps.push(app);
  return app;
}

const warned = (app: TestApp) => app.logs.of('warn').join('\n');

describe('Two machines with one registry', () => {
  it('are refused where each has a folder of its own, as long as both are there', async () => {
    const one = await start('a');
    await expect(start('b')).rejects.toThrow(
      /option "tmpFileDir" cannot be '.*\/b'\. The process \d+ on the host ".+" has the same registry.*mount/,
    );

    await one.close();
    await start('b');
  });

  it('are not both taken when they start at the same time', async () => {
    const starts = await Promise.allSettled([start('a'), start('b')]);
    expect(starts.map(({ status }) => status)).toContain('rejected');
  });

  it('may have folders of their own where bytes lie elsewhere', async () => {
    const shared = new Map<string, unknown>();
    const storage: StorageFactory = {
      create: ({ records }) => new MemoryStorage(records, shared),
    };
    const one = await start('a', schema().options, { storage });
    const other = await start('b', schema().options, { storage });
    const upload = await create(one, { length: 2, body: 'x' });
    expect((await patch(other, upload, { offset: 1, body: 'y' })).status).toBe(204);
  });

  it('that lost their connections say again where their uploads lie', async () => {
    const one = await start('a');
    await schema().query('SELECT pg_terminate_backend(backend) FROM tus.members');
    await eventually(() => {
      expect(one.logs.of('log').join()).toContain('shares uploads with the others again');
    });
    await expect(start('b')).rejects.toThrow(/option "tmpFileDir"/);
  });
});

describe('A folder whose files a registry knows', () => {
  const elsewhere = (name = 'other') => ({
    ...schema().options,
    schema: `${schema().name}_${name}`,
  });

  it('is refused to another schema, and to a registry in the folder itself', async () => {
    const first = await start();
    const upload = await create(first, { length: 2, body: 'x' });
    await first.close();

    const refused = /option "tmpFileDir" .* is kept in another registry.* remove .*registry\.json/;
    await expect(start('a', elsewhere())).rejects.toThrow(refused);
    await expect(startApp({ platform: 'express', tmpFileDir: join(folder, 'a') })).rejects.toThrow(
      refused,
    );

    const again = await start();
    expect((await patch(again, upload, { offset: 1, body: 'y' })).status).toBe(204);
    expect((await storedBytes(again, upload)).toString()).toBe('xy');
  });

  it('is refused to one of two schemas that begin at the same time', async () => {
    const starts = await Promise.allSettled([
      start('a', elsewhere('b')),
      start('a', elsewhere('c')),
    ]);
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is refused where its mark is damaged, with what to do', async () => {
    await (await start()).close();
    const mark = join(folder, 'a', '.tus', 'registry.json');
    await writeFile(mark, '');
    await expect(start()).rejects.toThrow(/option "tmpFileDir" .*registry\.json, .* Remove it/);
    await rm(mark);
    await start();
  });

  it('is free for another one where its mark was removed', async () => {
    await (await start()).close();
    await rm(join(folder, 'a', '.tus', 'registry.json'));
    await start('a', elsewhere());
  });
});

describe('A start on PostgreSQL', () => {
  /** Connects with a database whose clock differs. */
  async function withClock(seconds: number): Promise<PostgresOptions> {
    const clock = `${schema().name}_clock${seconds < 0 ? '_behind' : ''}`;
    await schema().query(`CREATE SCHEMA ${clock}`);
    await schema().query(
      `CREATE FUNCTION ${clock}.clock_timestamp() RETURNS timestamptz LANGUAGE sql
       AS $$ SELECT pg_catalog.clock_timestamp() + interval '${seconds} seconds' $$`,
    );
    const url = new URL(schema().url);
    url.searchParams.set('options', `-c search_path=${clock},pg_catalog`);
    return { ...schema().options, connectionString: url.href };
  }

  it.each([
    [3, 'behind'],
    [-3, 'ahead of'],
  ])('warns of a database whose clock differs by %d s', async (seconds, way) => {
    const app = await start('a', await withClock(seconds));
    expect(warned(app)).toMatch(
      new RegExp(`clock of this machine is [23]\\.\\d s ${way} that of the database.*NTP`),
    );
  });

  it('warns of a pool with fewer connections than deliveries', async () => {
    const small = await start('a', { ...schema().options, max: 3 });
    expect(warned(small)).toMatch(/has 3 connections at most, fewer than the 10 .*Raise "max"/);
    await small.close();

    const pool = new pg.Pool({ connectionString: schema().url, max: 4 });
    const delivery = { concurrency: 5 };
    const given = await start('a', { pool, max: undefined, schema: schema().name }, { delivery });
    expect(warned(given)).toMatch(/has 4 connections at most, fewer than the 5 /);
    await given.close();
    await pool.end();
  });

  it('warns of nothing where all is well', async () => {
    expect(warned(await start())).not.toMatch(/clock|connections/);
  });

  it.each([1, 10])(
    'is refused behind a pooler of transactions, where notifications do not come through (max: %d)',
    async (max) => {
      const pooler = await TransactionPooler.start(schema().url);
      const options = { ...schema().options, connectionString: schema().url, max };
      await expect(start('a', { ...options, listen: pooler.url, patience: '1s' })).rejects.toThrow(
        /\("listen"\): Notifications do not come through, as behind PgBouncer .* "listen"/,
      );
      // On a connection that is another's next it must leave nothing.
      const next = new pg.Client({ connectionString: pooler.url });
      await next.connect();
      const locks = 'SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = $1';
      expect((await next.query(locks, ['advisory'])).rows).toEqual([]);
      await next.end();
      await pooler.stop();
    },
  );

  it('is refused behind a pooler of transactions that mixes prepared statements up', async () => {
    const pooler = await TransactionPooler.start(schema().url);
    const options = { ...schema().options, connectionString: pooler.url };
    await expect(start('a', { ...options, listen: schema().url })).rejects.toThrow(
      /prepared statement .*PgBouncer.* 1\.21/,
    );
    await pooler.stop();
  });
});
