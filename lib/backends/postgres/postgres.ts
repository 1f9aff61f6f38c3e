import { TusOptionError } from '../../errors/index.js';
import type { RegistryFactory } from '../../interfaces/index.js';
import { parseTimer } from '../../options/duration.js';
import type { PostgresOptions } from '../../postgres/index.js';
import { checkPostgresOptions } from '../../registry/postgres/index.js';
import { PostgresBackend } from './postgres.backend.js';

/** Milliseconds: members look at each other several times in a patience. */
const LEAST_PATIENCE = 1000;

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
  const patience = parsePatience(options.patience ?? '5s');
  return { create: (context) => new PostgresBackend(options, patience, context) };
}

function parsePatience(value: number | string): number {
  const option = 'registry: postgres({ patience })';
  const patience = parseTimer(option, value);
  if (patience >= LEAST_PATIENCE) return patience;
  throw new TusOptionError(option, value, 'Give a second at least.');
}
