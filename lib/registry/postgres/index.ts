export { checkPostgresOptions } from './check-options.js';
export { DEFAULT_SCHEMA, postgresMigrations, type PostgresMigration } from './migrations.js';
export { explainOpening } from './opening.js';
export {
  PostgresRegistry,
  type Epochs,
  type PostgresRegistryContext,
} from './postgres.registry.js';
