import type { UploadRegistry } from '../registry.interface.js';
import { checkPostgresOptions } from './check-options.js';
import type { PostgresOptions } from '../../postgres/index.js';
import { PostgresRegistry, type PostgresRegistryContext } from './postgres.registry.js';

/** Makes the registries of instances that keep what they know in one database. */
export interface PostgresRegistryFactory {
  createRegistry(context: PostgresRegistryContext): UploadRegistry;
}

/**
 * Keeps what is known of uploads in PostgreSQL, 12 or later, so that several machines share it. The
 * package "pg" ^8 is to be installed beside this one.
 *
 * @throws TusOptionError for an option that cannot be used
 *
 * @publicApi
 */
export function postgres(options: PostgresOptions): PostgresRegistryFactory {
  checkPostgresOptions(options);
  return { createRegistry: (context) => new PostgresRegistry(options, context) };
}
