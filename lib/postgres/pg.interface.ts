/**
 * The part of the package "pg" that is used. Its types are told here, so that an app needs no
 * `@types/pg` to compile against this module.
 */

/** A statement; one with a name is parsed and planned once for each connection. */
export interface PgQuery {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface PgResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

type ErrorListener = (error: Error) => void;

type ConnectListener = (client: PgClient) => void;

/** A connection that was taken from a pool. */
export interface PgClient {
  query(query: PgQuery): Promise<PgResult>;
  on(event: 'error', listener: ErrorListener): unknown;
  off(event: 'error', listener: ErrorListener): unknown;
  /** Gives it back, or ends it. */
  release(isBroken?: boolean): void;
}

/** A `Pool` of the package "pg", or what does the same. */
export interface PgPool {
  /** How it connects. */
  readonly options?: object;
  connect(): Promise<PgClient>;
  end(): Promise<void>;
  on(event: 'error', listener: ErrorListener): unknown;
  on(event: 'connect', listener: ConnectListener): unknown;
  off(event: 'error', listener: ErrorListener): unknown;
  off(event: 'connect', listener: ConnectListener): unknown;
}

/** What a `NOTIFY` brings. */
export interface PgNotification {
  readonly channel: string;
  readonly payload?: string;
}

/** A connection of one's own. */
export interface PgConnection {
  connect(): Promise<unknown>;
  query(query: PgQuery): Promise<PgResult>;
  end(): Promise<void>;
  on(event: 'notification', listener: (notification: PgNotification) => void): unknown;
  on(event: 'error', listener: ErrorListener): unknown;
  on(event: 'end', listener: () => void): unknown;
}

export interface Pg {
  readonly Pool: new (config: object) => PgPool;
  readonly Client: new (config: object) => PgConnection;
}
