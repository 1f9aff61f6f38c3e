import { ClosedError, RegistryUnavailableError } from '../errors/index.js';
import { inTime } from './in-time.js';
import type { PgClient, PgPool, PgQuery, PgResult } from './pg.interface.js';
import { explain, isEndOfConnection } from './postgres.errors.js';
import { setLimits, TIME_LIMITS, type TimeLimits } from './time-limits.js';

/** What runs statements: one connection, or any of a pool. */
export interface Queryable {
  /** @throws NoSpaceError, RegistryUnavailableError */
  query(query: PgQuery): Promise<PgResult>;
}

/** Told when a database is not reached, and when it is again. */
export interface DatabaseObserver {
  /** It does not do what it is asked to; told once until it does again. */
  unreachable?(cause: unknown): void;
  reached?(): void;
}

export interface DatabaseOptions {
  readonly pool: PgPool;
  /** Whether the pool is this registry's own, and not the application's. */
  readonly isOwn: boolean;
  /** Whether what was committed is on disk. */
  readonly durable: boolean;
  readonly observer?: DatabaseObserver;
  /** How long a step may take; `TIME_LIMITS` unless given. */
  readonly limits?: TimeLimits;
}

/** Runs statements on the connections of a pool; none waits without an end. */
export class Database implements Queryable {
  /** Connections that were used before. */
  private readonly known = new WeakSet<PgClient>();
  private running = 0;
  private closing?: Promise<void>;
  private isUnreachable = false;
  private idle?: () => void;
  private readonly limits: TimeLimits;
  private readonly begin: PgQuery;

  constructor(private readonly options: DatabaseOptions) {
    const asynchronous = options.durable ? '' : '; SET LOCAL synchronous_commit = off';
    this.limits = options.limits ?? TIME_LIMITS;
    const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED';
    this.begin = { text: `${begin}; ${setLimits('LOCAL', this.limits)}${asynchronous}` };
    options.pool.on('error', ignore);
    options.pool.on('connect', ignoreErrorsOf);
  }

  /** Runs one statement, a transaction of its own. */
  query(query: PgQuery): Promise<PgResult> {
    return this.use((connection) => connection.query(query));
  }

  /**
   * Runs statements in one transaction, which is rolled back when the work throws.
   *
   * Statements that are asked for without waiting for those before share a way to the database, where
   * the pool's connections have been given `pipeline: true`.
   */
  transaction<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    return this.use(async (connection) => {
      try {
        await connection.query(this.begin);
        const result = await work(connection);
        await connection.query({ text: 'COMMIT' });
        return result;
      } catch (error) {
        await connection.rollback();
        throw error;
      }
    });
  }

  /** Runs statements on two connections. */
  pair<T>(work: (one: Queryable, other: Queryable) => Promise<T>): Promise<T> {
    return this.use((one) => this.use((other) => work(one, other)));
  }

  /** Waits for what is running, and ends the connections, unless they are the application's. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.idle = resolve));
    const { pool, isOwn } = this.options;
    if (!isOwn) {
      pool.off('error', ignore);
      pool.off('connect', ignoreErrorsOf);
      return;
    }
    // One that is being made on a way that has fallen silent must not keep the app from ending.
    await inTime(pool.end(), this.limits.connect, 'To end connections').catch(ignore);
  }

  private async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.closing) throw new ClosedError('The upload registry is not open.');
    this.running++;
    try {
      const result = await this.useOne(work);
      this.noteReached();
      return result;
    } catch (error) {
      this.noteFailure(error);
      throw error;
    } finally {
      this.running--;
      if (this.running === 0) this.idle?.();
    }
  }

  private async useOne<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }

  private noteReached(): void {
    if (!this.isUnreachable) return;
    this.isUnreachable = false;
    this.options.observer?.reached?.();
  }

  private noteFailure(error: unknown): void {
    if (this.isUnreachable || !(error instanceof RegistryUnavailableError)) return;
    this.isUnreachable = true;
    this.options.observer?.unreachable?.(error.cause);
  }

  private async connect(): Promise<Connection> {
    const client = await this.takeClient();
    const connection = new Connection(client, this.limits.answer);
    if (this.known.has(client)) return connection;
    this.known.add(client);
    ignoreErrorsOf(client);
    if (!this.options.isOwn) return connection;
    try {
      await connection.query({ text: setLimits('SESSION', this.limits) });
      return connection;
    } catch (error) {
      connection.release();
      throw error;
    }
  }

  private async takeClient(): Promise<PgClient> {
    const taking = this.options.pool.connect();
    try {
      return await inTime(taking, this.limits.connect, 'To get a connection');
    } catch (error) {
      taking.then((late) => late.release()).catch(ignore);
      throw explain(error);
    }
  }
}

/** A connection while it is used. */
class Connection implements Queryable {
  private isBroken = false;

  constructor(
    private readonly client: PgClient,
    private readonly patience: number,
  ) {}

  async query(query: PgQuery): Promise<PgResult> {
    try {
      return await inTime(this.client.query(query), this.patience, 'An answer');
    } catch (error) {
      this.isBroken ||= isEndOfConnection(error);
      throw explain(error);
    }
  }

  async rollback(): Promise<void> {
    if (this.isBroken) return;
    // Where it fails, the connection ends, and the transaction with it.
    await this.query({ text: 'ROLLBACK' }).catch(() => (this.isBroken = true));
  }

  /** A connection that is broken, or on which something may still be running, is ended. */
  release(): void {
    this.client.release(this.isBroken);
  }
}

function ignore(): void {
  // The next statement tells.
}

/**
 * A connection that ends while it is used says so twice: the statement fails as well. A new one may say
 * so before it was handed over.
 */
function ignoreErrorsOf(client: PgClient): void {
  client.off('error', ignore);
  client.on('error', ignore);
}
