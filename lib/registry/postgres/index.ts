export { RegistryUnavailableError } from '../../errors/index.js';
export { postgresMigrations, type PostgresMigration } from './migrations.js';
export type { PgClient, PgPool, PgQuery, PgResult } from '../../postgres/index.js';
export type { PostgresConnection, PostgresOptions } from '../../postgres/index.js';
export * from './postgres.js';
export {
  PostgresRegistry,
  type Epochs,
  type PostgresRegistryContext,
} from './postgres.registry.js';
