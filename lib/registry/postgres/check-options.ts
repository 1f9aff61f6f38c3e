import { TusOptionError } from '../../errors/index.js';
import { isSchemaName, SCHEMA_RULE } from './migrations.js';
import type { PostgresOptions } from '../../postgres/index.js';

/** What says how to connect, in place of which a pool may be given. */
const CONNECTING = ['connectionString', 'host', 'port', 'database', 'user', 'password', 'max'];

const PROTOCOL = /^(?:postgres(?:ql)?:|socket:|\/)/;

const CONNECTION_STRING = 'Give it as postgresql://user:password@host:5432/database.';

/** A password must not get into the log. */
const HIDDEN = '(not shown)';

/**
 * Checks options before anything is opened.
 *
 * @throws TusOptionError that names the option
 */
export function checkPostgresOptions(options: PostgresOptions): void {
  if (!isObject(options)) {
    fail('registry', typeof options, 'Give postgres() an object of options.');
  }
  const { pool, listen, schema = 'tus', migrate = true, max } = options;
  checkPool(options, pool);
  if (pool === undefined) checkConnectionString('connectionString', options.connectionString);
  checkListen(listen);
  if (!isSchemaName(schema)) {
    fail('schema', schema, `Give ${SCHEMA_RULE}, that do not begin with pg_.`);
  }
  if (typeof migrate !== 'boolean') fail('migrate', migrate, 'Give true or false.');
  if (max !== undefined && !(Number.isSafeInteger(max) && max > 0)) {
    fail('max', max, 'Give the most connections as a positive whole number.');
  }
}

function checkPool(options: PostgresOptions, pool: unknown): void {
  if (pool === undefined) return;
  if (!isPool(pool)) fail('pool', typeof pool, 'Give a Pool of the package "pg".');
  const other = CONNECTING.find((name) => options[name] !== undefined);
  if (other === undefined) return;
  fail(other, HIDDEN, 'Leave it out, for the pool says how to connect; or leave out the pool.');
}

function checkListen(listen: unknown): void {
  if (listen === undefined || isObject(listen)) return;
  checkConnectionString('listen', listen);
}

function checkConnectionString(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'string') fail(option, value, CONNECTION_STRING);
  if (!PROTOCOL.test(value)) fail(option, HIDDEN, CONNECTION_STRING);
}

function isPool(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { connect, on, off } = value as Readonly<Record<string, unknown>>;
  return [connect, on, off].every((method) => typeof method === 'function');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(option: string, value: unknown, remedy: string): never {
  const name = option === 'registry' ? option : `registry: postgres({ ${option} })`;
  throw new TusOptionError(name, value, remedy);
}
