import { readFile } from 'node:fs/promises';
import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { finishedUpload, uploadRecord } from '../records.js';

const README = new URL('../../../../../lib/registry/postgres/README.md', import.meta.url);

describe('The queries that operators are given', () => {
  const schema = useTestSchema();

  it('tell what they say', async () => {
    const text = await readFile(README, 'utf8');
    const queries = Array.from(text.matchAll(/```sql\n([^]*?)```/g), ([, sql]) => sql!);
    const registry = new PostgresRegistry({ ...schema().options, max: 4 }, { durable: false });
    await registry.open();
    const dead = await finishedUpload(registry, { handler: 'A#a' }, { handler: 'B#b' });
    await registry.claimDelivery({ uploadId: dead, handler: 'A#a' }, 'me', 1);
    const outcome = { kind: 'dead', error: 'enough' } as const;
    await registry.settleDelivery({ uploadId: dead, handler: 'A#a' }, 'me', outcome);
    const { id } = await registry.create(uploadRecord({ owner: 'ann', length: 2048 }));
    await registry.close();
    const [receiving, ofOwner, behind, givenUp, late] = await Promise.all(
      queries.map(async (sql) => (await schema().query(sql)).rows),
    );

    expect(queries).toHaveLength(5);
    expect(receiving).toEqual([{ owner: 'ann', uploads: '1', announced: '2048 bytes' }]);
    expect(ofOwner).toMatchObject([{ id, state: 'receiving', filename: 'holiday.mp4' }]);
    expect(behind).toMatchObject([{ handler: 'B#b', waiting: '1' }]);
    expect(givenUp).toMatchObject([
      { upload_id: dead, handler: 'A#a', attempt: '1', error: 'enough' },
    ]);
    expect(late).toMatchObject([
      { state: 'finished', late: '1' },
      { state: 'receiving', late: '1' },
    ]);
  });
});
