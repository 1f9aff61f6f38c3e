import { DeliveryStatements } from '../../../../lib/registry/postgres/delivery-statements.js';
import { PostgresRegistry } from '../../../../lib/registry/postgres/index.js';
import type { PgQuery } from '../../../../lib/postgres/index.js';
import { Tables } from '../../../../lib/registry/postgres/tables.js';
import { UploadStatements } from '../../../../lib/registry/postgres/upload-statements.js';
import { encodeCursor } from '../../../../lib/registry/paging.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';

/** What is read, and the index that leads there. */
const PLANS: Record<string, [(all: Statements) => PgQuery, string]> = {
  'an upload': [({ uploads }) => uploads.find(['a']), 'uploads_pkey'],
  'what is due': [({ uploads }) => uploads.due(1, 10), 'uploads_due'],
  'a page of all': [({ uploads }) => uploads.list({ cursor: PAGE }, 10), 'uploads_state'],
  'a page of a state': [
    ({ uploads }) => uploads.list({ state: 'receiving', cursor: PAGE }, 10),
    'uploads_state',
  ],
  'a page of an owner': [
    ({ uploads }) => uploads.list({ owner: 'ann', cursor: PAGE }, 10),
    'uploads_owner',
  ],
  'a page of an owner and a state': [
    ({ uploads }) => uploads.list({ owner: 'ann', state: 'receiving', cursor: PAGE }, 10),
    'uploads_owner',
  ],
  'what came to nothing': [({ uploads }) => uploads.endedBefore(5, 'ann'), 'uploads_ended'],
  'what came to nothing, of no owner': [
    ({ uploads }) => uploads.endedBefore(5, undefined),
    'uploads_ended',
  ],
  'handlers that have something to do': [
    ({ deliveries }) => deliveries.waiting(),
    'deliveries_waiting',
  ],
  holders: [({ deliveries }) => deliveries.holders(), 'deliveries_running'],
  'a page of deliveries': [({ deliveries }) => deliveries.list({}, 10), 'deliveries_pkey'],
  'deliveries that were given up': [
    ({ deliveries }) => deliveries.list({ state: 'dead' }, 10),
    'deliveries_dead',
  ],
};

const PAGE = encodeCursor(['receiving', 1, 'a']);

interface Statements {
  readonly uploads: UploadStatements;
  readonly deliveries: DeliveryStatements;
}

describe('A large registry in PostgreSQL', () => {
  const schema = useTestSchema();

  beforeAll(async () => {
    const registry = new PostgresRegistry({ ...schema().options, max: 1 }, { durable: false });
    await registry.open();
    await registry.close();
    await schema().query(`
      INSERT INTO tus.uploads (id, state, owner, length, created_at, due_at, ended_at)
      SELECT md5(i::text), (ARRAY['receiving', 'finished', 'terminated', 'expired'])[i % 4 + 1],
        CASE WHEN i % 3 > 0 THEN 'owner ' || i % 500 END, i, now() - i * interval '1 s',
        now() + i * interval '1 s', now() - i * interval '1 s'
      FROM generate_series(1, 10000) i;
      INSERT INTO tus.deliveries (upload_id, handler, state, attempt, due_at, holder)
      SELECT id, 'Handler#' || length % 3, CASE length % 50 WHEN 0 THEN 'running' WHEN 1 THEN 'dead' ELSE 'waiting' END,
        1, now() + length * interval '1 s', CASE WHEN length % 50 = 0 THEN 'holder' END
      FROM tus.uploads;
      ANALYZE tus.uploads; ANALYZE tus.deliveries`);
  });

  it.each(Object.entries(PLANS))('finds %s by an index, in its order', async (_, [of, index]) => {
    const tables = new Tables(schema().name, true);
    const { text, values } = of({
      uploads: new UploadStatements(tables),
      deliveries: new DeliveryStatements(tables),
    });
    // However few rows there are: what cannot do without is told all the same.
    const transaction = await schema().begin(
      'SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off',
    );
    const { rows } = await transaction.query({
      text: `EXPLAIN ${text}`,
      values: [...(values ?? [])],
    });
    await transaction.end();
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

    expect(plan).toContain(` ${index} `);
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });
});
