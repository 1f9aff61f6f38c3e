import { uploadKey } from '../../../../lib/cluster/index.js';
import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { eventually } from '../../../support/eventually.js';
import { SilentProxy } from '../../../support/postgres/silent-proxy.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { newId } from '../../../support/kept-records.js';
import { PooledCluster } from './open-member.js';

describe('A member that has lost its connection', () => {
  const schema = useTestSchema();
  let proxy: SilentProxy;
  let cluster: PooledCluster;

  beforeAll(async () => {
    const registry = new PostgresRegistry(schema().options, { durable: true });
    await registry.open();
    await registry.close();
    const { connectionString, schema: name } = schema().options;
    proxy = await SilentProxy.start(connectionString);
    cluster = new PooledCluster({ connectionString: proxy.url, schema: name, patience: 2000 });
    await cluster.open();
  });

  afterAll(async () => {
    await cluster.close();
    await proxy.stop();
  });

  it('joins again, though connections had ended while they were made', async () => {
    const key = uploadKey(newId());
    proxy.shut();
    await eventually(() => expect(proxy.refused).toBeGreaterThan(1));
    proxy.open();

    await eventually(async () => {
      await cluster.claim(key);
      cluster.release(key);
    });
  });
});
