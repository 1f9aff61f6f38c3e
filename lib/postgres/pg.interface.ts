/**
 * The part of the package "pg" that is used. Its types are told here, so that an app needs no
 * `@types/pg` to compile against this module.
 */

/** A statement; one with a name is parsed and planned once for each connection. */
export interface PgQuery {
  /** What the connection knows it by. */
  readonly name?: string;
  /** SQL, with `$1` for the first value. */
  readonly text: string;
  /** In the order of their numbers. */
  readonly values?: readonly unknown[];
}

/** Values by the names of their columns. */
export type PgRow = Readonly<Record<string, unknown>>;

/** What a statement has found. */
export interface PgResult {
  /** In the order of the statement. */
  readonly rows: readonly PgRow[];
  /** How many rows were found or changed. */
  readonly rowCount: number | null;
}

type ErrorListener = (error: Error) => void;

type ConnectListener = (client: PgClient) => void;

/** A connection that was taken from a pool. */
export interface PgClient {
  /** Runs a statement. */
  query(query: PgQuery): Promise<PgResult>;
  /** Listens for its end by a fault. */
  on(event: 'error', listener: ErrorListener): unknown;
  /** Listens no more. */
  off(event: 'error', listener: ErrorListener): unknown;
  /** Gives it back, or ends it. */
  release(isBroken?: boolean): void;
}

/** A `Pool` of the package "pg", or what does the same. */
export interface PgPool {
  /** How it connects. */
  readonly options?: object;
  /** A connection of the pool, which is to be released. */
  connect(): Promise<PgClient>;
  /** Ends all connections. */
  end(): Promise<void>;
  /** Listens for faults of idle connections. */
  on(event: 'error', listener: ErrorListener): unknown;
  /** Listens for new connections. */
  on(event: 'connect', listener: ConnectListener): unknown;
  /** Listens no more. */
  off(event: 'error', listener: ErrorListener): unknown;
  /** Listens no more. */
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
