import type { RegistryFactory } from '../../interfaces/index.js';
import type { PostgresOptions } from '../../postgres/index.js';
import { checkPostgresOptions } from '../../registry/postgres/index.js';
import { PostgresBackend } from './postgres.backend.js';

/**
 * What the `registry` option takes so that several machines share uploads: what is known of them is kept in
 * PostgreSQL, 12 or later, by which the processes hear of each other, too. The package "pg" ^8 is to be
 * installed beside this one.
 *
 * @throws TusOptionError for an option that cannot be used
 *
 * @publicApi
 */
export function postgres(options: PostgresOptions): RegistryFactory {
  checkPostgresOptions(options);
  return { create: (context) => new PostgresBackend(options, context) };
}
