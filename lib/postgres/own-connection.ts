import { RegistryUnavailableError } from '../errors/index.js';
import type { Queryable } from './database.js';
import { inTime } from './in-time.js';
import type { PgConnection, PgNotification, PgQuery, PgResult } from './pg.interface.js';
import { explain, isEndOfConnection } from './postgres.errors.js';
import { TIME_LIMITS } from './time-limits.js';

/** Told of what comes on a connection by itself. */
export interface ConnectionObserver {
  /** Another connection has notified this one. */
  notified(notification: PgNotification): void;
  /** It has ended, which it does once; it may have while it was made, and was never given away. */
  ended(connection: OwnConnection): void;
}

/** A connection that is kept, and runs statements in the order in which they are asked for. */
export class OwnConnection implements Queryable {
  private isOver = false;
  /** The statement that was asked for last. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: PgConnection,
    private readonly observer: ConnectionObserver,
  ) {
    client.on('notification', (notification) => observer.notified(notification));
    client.on('error', () => this.end());
    client.on('end', () => this.end());
  }

  /** @throws RegistryUnavailableError, or the error of the database */
  static async open(client: PgConnection, observer: ConnectionObserver): Promise<OwnConnection> {
    const connection = new OwnConnection(client, observer);
    try {
      await inTime(client.connect(), TIME_LIMITS.connect, 'To connect');
      return connection;
    } catch (error) {
      connection.close();
      throw explain(error);
    }
  }

  query(query: PgQuery): Promise<PgResult> {
    const result = this.last.then(() => this.run(query));
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Ends it without telling. */
  close(): void {
    this.isOver = true;
    this.client.end().catch(() => undefined);
  }

  private async run(query: PgQuery): Promise<PgResult> {
    if (this.isOver) throw new RegistryUnavailableError();
    try {
      return await inTime(this.client.query(query), TIME_LIMITS.answer, 'An answer');
    } catch (error) {
      if (isEndOfConnection(error)) this.end();
      throw explain(error);
    }
  }

  private end(): void {
    if (this.isOver) return;
    this.close();
    this.observer.ended(this);
  }
}
