import { createOne } from '../create.js';
import type { Scenario } from '../scenario.interface.js';
import { enterDatabase, oursOnPostgres, rateOnPostgres } from './database-contenders.js';

/** What a second process brings, on a machine that has a processor for it. */
export const workers: Scenario = {
  name: 'postgres:workers',
  title: 'Creations by processes that share a database',
  unit: '/s',
  per: 'creation',
  needs: 'PostgreSQL',
  entrants: [2, 1].map((count) => {
    const contender = oursOnPostgres();
    const label = `${contender.label}, ${count} ${count === 1 ? 'process' : 'processes'}`;
    // One process is what several are measured against.
    const kind = count === 1 ? 'floor' : contender.kind;
    return enterDatabase({ ...contender, label, kind, count }, rateOnPostgres(createOne));
  }),
};
