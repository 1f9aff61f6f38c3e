import type { RegistryFactory } from '../../lib/index.js';
import type { TestSchema } from './postgres/test-database.js';

/** The schemas of apps by their folder, for those that go on with an earlier one. */
const schemas = new Map<string, Promise<TestSchema>>();

/** Whether the tests are run on PostgreSQL: `npm run test:postgres`. */
function isOnPostgres(): boolean {
  return process.env['TEST_ON_POSTGRES'] !== undefined;
}

/**
 * Where an app with a folder keeps what is known of uploads: in PostgreSQL, when these tests are run on
 * it, else in that folder.
 *
 * @param name of the instance
 */
export async function registryOf(folder: string, name = ''): Promise<RegistryFactory | undefined> {
  if (!isOnPostgres()) return undefined;
  // Most tests need none of it.
  const { postgres } = await import('../../lib/backends/postgres/index.js');
  const { TestSchema } = await import('./postgres/test-database.js');
  const key = `${folder} ${name}`;
  const schema = schemas.get(key) ?? TestSchema.make();
  schemas.set(key, schema);
  return postgres({ ...(await schema).options, max: 10 });
}

/** Removes all that is known of uploads; no app may use it any more. */
export async function removeRegistries(): Promise<void> {
  const all = [...schemas.values()];
  schemas.clear();
  for (const schema of all) await (await schema).remove();
}
