import { PostgresRegistry } from '../../../lib/registry/postgres/index.js';
import { useTestSchema } from '../../support/postgres/test-database.js';
import { describeRegistry } from './registry.contract.js';

describe('PostgreSQL', () => {
  const schema = useTestSchema();

  for (const [name, durable] of [
    ['the registry, every write on disk', true],
    ['the registry, writes left to the system', false],
  ] as const) {
    describeRegistry(name, async () => ({
      registry: (fence) =>
        new PostgresRegistry({ ...schema().options, max: 4 }, { durable, fence }),
      remove: () => schema().clear(),
    }));
  }
});
