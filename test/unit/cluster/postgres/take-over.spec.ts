import { setTimeout as pause } from 'node:timers/promises';
import { uploadKey } from '../../../../lib/cluster/index.js';
import { UploadFencedError } from '../../../../lib/errors/index.js';
import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { uploadRecord } from '../../registry/records.js';
import { PooledCluster } from './open-member.js';

describe('Taking an upload over from a member that has lost its connection', () => {
  const schema = useTestSchema();
  const closing: { close(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of closing.splice(0)) await each.close();
    await schema().clear();
  });

  /** A process with its registry, which asks it for epochs. */
  async function start(fence = false) {
    const cluster = new PooledCluster({ ...schema().options, patience: 2000 });
    const registry = new PostgresRegistry(
      { ...schema().options, max: 2 },
      { durable: true, epochs: cluster, ...(fence && { fence: cluster }) },
    );
    await registry.open();
    await cluster.open();
    closing.push(cluster, registry);
    return { cluster, registry };
  }

  async function created() {
    const one = await start();
    const record = uploadRecord();
    one.cluster.claimNew(uploadKey(record.id));
    await one.registry.create(record);
    return { one, id: record.id, key: uploadKey(record.id) };
  }

  it('is seen by the others before they can see the record', async () => {
    const { cluster, registry } = await start();
    const record = uploadRecord();
    const blocking = await schema().begin('LOCK TABLE tus.leases IN EXCLUSIVE MODE');
    cluster.claimNew(uploadKey(record.id));
    const creating = registry.create(record);
    await schema().whenOneWaits();
    await pause(50);

    const seen = await registry.get(record.id);
    await blocking.end();
    await creating;
    expect(seen).toBeUndefined();
    const { rows } = await schema().query('SELECT key FROM tus.leases');
    expect(rows).toEqual([{ key: record.id }]);
  });

  it('raises its epoch, and the registry refuses what the former holder writes', async () => {
    const { one, id, key } = await created();
    const other = await start();
    let finish: () => void = () => undefined;
    const deciding = new Promise<void>((resolve) => (finish = resolve));
    const { epochOf } = one.cluster;
    // As a process does that was stopped after it had asked for its epoch, and knows nothing.
    jest.spyOn(one.cluster, 'epochOf').mockReturnValue(epochOf.call(one.cluster, id));
    const lost = jest.fn(finish);
    one.cluster.onLost(lost);
    await schema().query(
      'SELECT pg_terminate_backend(backend) FROM tus.members WHERE starts_with(member, $1)',
      [one.cluster.identity],
    );
    await deciding;

    expect((await other.cluster.claim(key)) ?? true).toBe(true);

    expect(lost).toHaveBeenCalledWith(key);
    expect(one.cluster.hasLost(key)).toBe(true);
    expect(other.cluster.epochOf(id)).toBe(1);
    const change = (registry: PostgresRegistry) =>
      registry.change(id, (record) => ({ record: { ...record, length: 7 } }));
    await expect(change(one.registry)).rejects.toThrow(UploadFencedError);
    expect(await change(other.registry)).toMatchObject({ length: 7 });
    expect((await schema().query('SELECT holder, former FROM tus.leases')).rows).toEqual([
      { holder: expect.stringContaining(other.cluster.identity), former: null },
    ]);
  });

  it('leaves the epoch to those that come later', async () => {
    const { one, id, key } = await created();
    const other = await start();
    // What is marked as silent says soon that it is not; a connection that was lost stays so.
    const deciding = new Promise<void>((resolve) => one.cluster.onLost(() => resolve()));
    await schema().query(
      'SELECT pg_terminate_backend(backend) FROM tus.members WHERE starts_with(member, $1)',
      [one.cluster.identity],
    );
    await deciding;
    await other.cluster.claim(key);
    other.cluster.release(key);
    const third = await start();
    await third.cluster.claim(key);

    expect(third.cluster.epochOf(id)).toBe(1);
  });
});
