import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ClosedError, NoSpaceError, RegistryUnavailableError } from '../../../lib/errors/index.js';
import { Database, type DatabaseOptions } from '../../../lib/postgres/database.js';
import { TIME_LIMITS, type TimeLimits } from '../../../lib/postgres/time-limits.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';
import { SilentProxy } from '../../support/postgres/silent-proxy.js';
import { useTestSchema } from '../../support/postgres/test-database.js';
import { watchUnhandledRejections } from '../../support/process-watch.js';

const ONE = { text: 'SELECT 1 AS one' };
const OWN_PID = { text: 'SELECT pg_backend_pid() AS pid' };

describe('The database of a registry', () => {
  const schema = useTestSchema();
  let database: Database | undefined;
  let pool: pg.Pool;
  let proxy: SilentProxy;

  beforeAll(async () => {
    await schema().query(`CREATE SCHEMA ${schema().name}; CREATE TABLE tus.t (a int)`);
    proxy = await SilentProxy.start(schema().url);
  });
  afterAll(() => proxy.stop());
  beforeEach(() => schema().query('TRUNCATE tus.t; INSERT INTO tus.t VALUES (1)'));
  afterEach(async () => {
    proxy.open();
    await database?.close();
    if (!pool.ending) await pool.end();
    database = undefined;
  });

  function open(told: Partial<DatabaseOptions> = {}, config: pg.PoolConfig = {}): Database {
    pool = new pg.Pool({ connectionString: schema().url, max: 2, ...config });
    database = new Database({ pool, isOwn: true, durable: true, ...told });
    return database;
  }

  const within = (told: Partial<TimeLimits>): TimeLimits => ({ ...TIME_LIMITS, ...told });
  const inSchema = (text: string) => ({ text: text.replaceAll('tus.', `${schema().name}.`) });
  const end = (pid: unknown) => schema().query('SELECT pg_terminate_backend($1)', [pid]);
  const inTable = async () => (await schema().query('SELECT a FROM tus.t')).rows;

  describe('that cannot be reached', () => {
    it('is told of as such, once to who looks after it, and used again once it is back', async () => {
      const told: string[] = [];
      const observer = {
        unreachable: () => told.push('unreachable'),
        reached: () => told.push('reached'),
      };
      const config = { connectionString: proxy.url };
      const opened = open({ observer: observer as never }, config);
      await opened.query(ONE);
      proxy.shut();
      for (let i = 0; i < 3; i++) {
        await expect(opened.query(ONE)).rejects.toThrow(RegistryUnavailableError);
      }
      proxy.open();

      expect((await opened.query(ONE)).rows).toEqual([{ one: 1 }]);
      await opened.query(ONE);
      expect(told).toEqual(['unreachable', 'reached']);
    });

    it('ends no process whose connections lie idle', async () => {
      const watch = watchUnhandledRejections();
      const opened = open({}, { max: 1 });
      const { rows } = await opened.query(OWN_PID);
      await end(rows[0]?.pid);
      await eventually(() => expect(pool.totalCount).toBe(0));

      expect((await opened.query(ONE)).rows).toEqual([{ one: 1 }]);
      expect(watch.reasons).toEqual([]);
      watch.stop();
    });

    it('rolls back what was begun, and says so', async () => {
      const opened = open();
      const changing = opened.transaction(async (connection) => {
        await connection.query(inSchema('UPDATE tus.t SET a = 2'));
        const { rows } = await connection.query(OWN_PID);
        await end(rows[0]?.pid);
        await connection.query(ONE);
      });

      await expect(changing).rejects.toThrow(RegistryUnavailableError);
      expect(await inTable()).toEqual([{ a: 1 }]);
    });
  });

  it.each([
    ['08006', RegistryUnavailableError],
    ['57P01', RegistryUnavailableError],
    ['57P03', RegistryUnavailableError],
    ['53300', RegistryUnavailableError],
    ['25006', RegistryUnavailableError],
    ['40P01', RegistryUnavailableError],
    ['53100', NoSpaceError],
  ])('says of %s what it means to uploads', async (code, kind) => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${code}'; END $$`;
    const failing = open().query({ text: raise });
    await expect(failing).rejects.toThrow(kind);
    await expect(failing).rejects.toHaveProperty('cause.code', code);
  });

  it('says of a mistake what the database says, and goes on', async () => {
    const opened = open({}, { max: 1 });
    await expect(opened.query({ text: 'SELECT no_column' })).rejects.toThrow('no_column');
    expect(pool.totalCount).toBe(1);
    expect((await opened.query(ONE)).rows).toEqual([{ one: 1 }]);
  });

  describe('that does not answer', () => {
    it('is waited for so long, and its connection is given up', async () => {
      const limits = within({ answer: 50 });
      const opened = open({ limits }, { connectionString: proxy.url, max: 1 });
      await eventually(() => opened.query(ONE));
      proxy.fallSilent();
      await expect(opened.query(ONE)).rejects.toThrow(RegistryUnavailableError);
      proxy.open();

      expect((await eventually(() => opened.query(ONE))).rows).toEqual([{ one: 1 }]);
    });

    it('is waited for so long to be connected', async () => {
      proxy.fallSilent();
      const opened = open({ limits: within({ connect: 50 }) }, { connectionString: proxy.url });
      await expect(opened.query(ONE)).rejects.toThrow(RegistryUnavailableError);
    });

    it('is waited for so long where all connections are used, and none is lost', async () => {
      const gate = new Gate();
      const opened = open({ limits: within({ connect: 50 }) }, { max: 1 });
      const using = opened.transaction(() => gate.pass());
      await gate.reached;
      await expect(opened.query(ONE)).rejects.toThrow(RegistryUnavailableError);
      gate.open();
      await using;

      expect((await opened.query(ONE)).rows).toEqual([{ one: 1 }]);
      expect(pool.idleCount).toBe(1);
    });
  });

  it('lets nothing wait for a row that another keeps for too long', async () => {
    const opened = open({ limits: within({ lock: 50 }) });
    const other = await schema().begin('UPDATE tus.t SET a = 2');
    const update = inSchema('UPDATE tus.t SET a = 3');
    await expect(opened.query(update)).rejects.toThrow(RegistryUnavailableError);
    const inTransaction = opened.transaction((connection) => connection.query(update));
    await expect(inTransaction).rejects.toThrow(RegistryUnavailableError);
    await other.end();

    await opened.query(update);
    expect(await inTable()).toEqual([{ a: 3 }]);
  });

  it('lets no statement run for too long', async () => {
    const opened = open({ limits: within({ statement: 50 }) });
    const sleeping = opened.query({ text: 'SELECT pg_sleep(60)' });
    await expect(sleeping).rejects.toThrow(RegistryUnavailableError);
  });

  it('keeps no row for a process that is stopped in a transaction', async () => {
    const gate = new Gate();
    const stopped = open({ limits: within({ idle: 50 }) }).transaction(async (connection) => {
      await connection.query(inSchema('UPDATE tus.t SET a = 2'));
      await gate.pass();
    });
    await gate.reached;
    await schema().query('UPDATE tus.t SET a = 3');
    gate.open();

    await expect(stopped).rejects.toThrow(RegistryUnavailableError);
    expect(await inTable()).toEqual([{ a: 3 }]);
  });

  describe('whose pool is the app’s', () => {
    it('gets its connections back as they were', async () => {
      const opened = open({ isOwn: false, durable: false }, { max: 1 });
      await opened.query(ONE);
      await opened.transaction((connection) => connection.query(ONE));
      const { rows } = await pool.query(
        `SELECT current_setting('lock_timeout') AS lock, current_setting('synchronous_commit') AS sync`,
      );

      expect(rows).toEqual([{ lock: '0', sync: 'on' }]);
    });

    it('leaves it open, and ends no process while it is used', async () => {
      const opened = open({ isOwn: false }, { max: 1 });
      const { rows } = await opened.query(OWN_PID);
      await end(rows[0]?.pid);
      await eventually(() => expect(pool.totalCount).toBe(0));
      await opened.query(ONE);
      await opened.close();

      expect(pool.ended).toBe(false);
      expect(pool.listenerCount('error')).toBe(0);
      expect((await pool.query(ONE.text)).rows).toEqual([{ one: 1 }]);
    });

    it('limits transactions all the same', async () => {
      const gate = new Gate();
      const opened = open({ isOwn: false, limits: within({ idle: 50 }) });
      const stopped = opened.transaction(() => gate.pass());
      await gate.reached;
      await pause(200);
      gate.open();
      await expect(stopped).rejects.toThrow(RegistryUnavailableError);
    });
  });

  it('closes in bounded time, though a connection is being made that never will be', async () => {
    proxy.fallSilent();
    const opened = open({ limits: within({ connect: 50 }) }, { connectionString: proxy.url });
    await expect(opened.query(ONE)).rejects.toThrow(RegistryUnavailableError);
    await opened.close();
    expect(pool.ending).toBe(true);
  });

  it('waits, when it closes, for what is running, and takes nothing more', async () => {
    const gate = new Gate();
    const opened = open();
    const running = opened.transaction(async (connection) => {
      await gate.pass();
      await connection.query(inSchema('UPDATE tus.t SET a = 2'));
    });
    await gate.reached;
    const closing = opened.close();
    await expect(opened.query(ONE)).rejects.toThrow(ClosedError);
    gate.open();
    await Promise.all([running, closing]);

    expect(await inTable()).toEqual([{ a: 2 }]);
    expect(pool.ended).toBe(true);
  });
});
