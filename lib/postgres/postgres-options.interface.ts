import type { PgPool } from './pg.interface.js';

/** How to connect, in the words of the package "pg". */
export interface PostgresConnection {
  /** `postgresql://user:password@host:port/database`, with the parameters that "pg" knows. */
  readonly connectionString?: string;
  /** Name or address of the server, or the folder of its socket. */
  readonly host?: string;
  /** 5432 unless given. */
  readonly port?: number;
  /** Name of the database. */
  readonly database?: string;
  /** Role to connect as. */
  readonly user?: string;
  /** Its password, or what gives it for each connection. */
  readonly password?: string | (() => string | Promise<string>);
  /** As of `tls.connect()`; `true` for its defaults. */
  readonly ssl?: boolean | object;
  /** What the database's own listings call the connection; `nestjs-tus` unless given. */
  readonly application_name?: string;
  /** Whatever else the client takes. */
  readonly [option: string]: unknown;
}

/** Where what is known of uploads is kept: in which database, and which schema of it. */
export interface PostgresOptions extends PostgresConnection {
  /**
   * A `Pool` of the app's own, which the app ends; in place of all that says how to connect. It should
   * have an error listener of its own as well.
   */
  readonly pool?: PgPool;
  /** The most connections of the pool, which are made when they are needed; 32 unless given. */
  readonly max?: number;
  /**
   * A direct connection for what other processes tell, where the pool goes through PgBouncer in
   * transaction mode: a connection string, or how to connect. The pool's way unless given.
   */
  readonly listen?: string | PostgresConnection;
  /**
   * How long a process may show no sign of life, in seconds or as `'5s'`, before the others go on without
   * it and take its uploads over; 5 seconds unless given, and 1 second at least. A process whose event loop
   * is held up for longer is taken for one that hangs.
   */
  readonly patience?: number | string;
  /** The schema that the tables are in: lower-case letters, digits, underscores; `tus` unless given. */
  readonly schema?: string;
  /**
   * Whether tables are made, and brought up to date, when the registry is opened; `true` unless given.
   * Where it is `false`, what `postgresMigrations()` has is to be run before.
   */
  readonly migrate?: boolean;
}
