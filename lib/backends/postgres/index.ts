export { RegistryUnavailableError } from '../../errors/index.js';
export type {
  PgClient,
  PgPool,
  PgQuery,
  PgResult,
  PostgresConnection,
  PostgresOptions,
} from '../../postgres/index.js';
export { postgresMigrations, type PostgresMigration } from '../../registry/postgres/index.js';
export { postgres } from './postgres.js';
