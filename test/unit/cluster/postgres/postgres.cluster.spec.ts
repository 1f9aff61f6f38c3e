import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { describeCluster } from '../../../contracts/cluster/cluster.contract.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { Member } from './member.js';
import { PooledCluster } from './open-member.js';

describe('PostgreSQL', () => {
  const schema = useTestSchema();

  beforeAll(async () => {
    const registry = new PostgresRegistry(schema().options, { durable: true });
    await registry.open();
    await registry.close();
  });

  describeCluster('The processes of several machines', async () => {
    const place = { ...schema().options, patience: 2000 };
    return {
      member: () => new PooledCluster(place),
      outsider: async () => {
        const member = await Member.start(place);
        return {
          identity: member.identity,
          hold: async (key) => expect(await member.tell('hold', key)).toBe('true'),
          freeze: () => member.freeze(),
          wake: () => member.thaw(),
          hasLost: async (key) => (await member.tell('hasLost', key)) === 'true',
          kill: () => member.kill(),
        };
      },
      remove: () => schema().clear(),
    };
  });
});
