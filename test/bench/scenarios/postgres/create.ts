import { CONNECTIONS } from '../../load/drive.js';
import { createOne } from '../create.js';
import type { Scenario } from '../scenario.interface.js';
import { enterDatabase, oursOnPostgres, PLATFORMS, rateOnPostgres } from './database-contenders.js';
import { pgbench } from './pgbench.js';

/** Creations beside the rate at which the database itself inserts such a row. */
export const create: Scenario = {
  name: 'postgres:create',
  title: `Creations, records in PostgreSQL, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'creation',
  needs: 'PostgreSQL',
  entrants: [
    ...PLATFORMS.map((platform) =>
      enterDatabase(oursOnPostgres(platform), rateOnPostgres(createOne)),
    ),
    pgbench({
      label: '`pgbench`, such a row inserted',
      text: `INSERT INTO tus.uploads (id, state, length, metadata, created_at, valid_for, due_at)
        VALUES (md5(random()::text || clock_timestamp()::text), 'receiving', 5000000,
          'filename aG9saWRheS5tcDQ=,filetype dmlkZW8vbXA0', now(), 86400000,
          now() + interval '1 day');`.replaceAll('\n', ' '),
      writes: true,
    }),
  ],
};
