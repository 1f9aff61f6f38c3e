export { checkPostgresOptions } from './check-options.js';
export { DEFAULT_SCHEMA, postgresMigrations, type PostgresMigration } from './migrations.js';
export { explainOpening } from './opening.js';
export type { Epochs, PostgresRegistryContext } from './postgres-registry-context.interface.js';
export { PostgresRegistry } from './postgres.registry.js';
