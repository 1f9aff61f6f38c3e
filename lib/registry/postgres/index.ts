export { RegistryUnavailableError } from '../../errors/index.js';
export { postgresMigrations, type PostgresMigration } from './migrations.js';
export type { PgClient, PgPool, PgQuery, PgResult } from './pg.interface.js';
export type { PostgresConnection, PostgresOptions } from './postgres-options.interface.js';
export * from './postgres.js';
export {
  PostgresRegistry,
  type Epochs,
  type PostgresRegistryContext,
} from './postgres.registry.js';
