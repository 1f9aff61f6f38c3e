import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { RegistryUnavailableError } from '../../../../lib/errors/index.js';
import { eventually } from '../../../support/eventually.js';
import { PostgresServer } from '../../../support/postgres/postgres-server.js';
import { watchUnhandledRejections } from '../../../support/process-watch.js';
import { uploadRecord } from '../records.js';

describe('A restart of PostgreSQL', () => {
  it('loses nothing that was acknowledged, and the registry goes on by itself', async () => {
    const watch = watchUnhandledRejections();
    const server = await PostgresServer.start();
    const registry = new PostgresRegistry({ connectionString: server.url }, { durable: true });
    await registry.open();
    const acknowledged: string[] = [];
    const failures = new Set<unknown>();
    let isOver = false;
    const creating = Array.from({ length: 12 }, async () => {
      while (!isOver) {
        const record = uploadRecord();
        await registry.create(record).then(
          () => acknowledged.push(record.id),
          (error: unknown) => failures.add((error as Error).constructor),
        );
      }
    });
    for (const round of [1, 2]) {
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(round * 20));
      await server.restart();
      const before = acknowledged.length;
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(before));
    }
    isOver = true;
    await Promise.all(creating);

    for (const id of acknowledged) expect(await registry.get(id)).toMatchObject({ id });
    expect([...failures]).toEqual([RegistryUnavailableError]);
    expect(watch.reasons).toEqual([]);
    watch.stop();
    await registry.close();
    await server.remove();
  });
});
