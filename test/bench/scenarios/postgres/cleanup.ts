import { median } from '../../report/statistics.js';
import type { BenchServer } from '../../servers/bench-server.js';
import type { CleanupResult } from '../../servers/settings.js';
import { observe } from '../observe.js';
import type { Sample, Scenario } from '../scenario.interface.js';
import { enterDatabase, fill, oursOnPostgres, type DatabaseStage } from './database-contenders.js';

/** Uploads that are there, none of which has expired. */
const UPLOADS = 100_000;

/** Passes of a sample: one tells little. */
const PASSES = 21;

async function pass(server: BenchServer): Promise<number> {
  const { milliseconds, removed } = await server.ask<CleanupResult>('cleanup');
  if (removed !== 0) throw new Error(`A cleanup removed ${removed} instead of none.`);
  return milliseconds;
}

async function measure({ servers }: DatabaseStage): Promise<Sample> {
  const [server] = servers as readonly [BenchServer];
  const { result, cpu, use } = await observe(servers, async () => {
    const milliseconds: number[] = [];
    while (milliseconds.length < PASSES) milliseconds.push(await pass(server));
    return milliseconds;
  });
  return { figure: median(result), cpu: cpu / PASSES, ...use };
}

export const cleanup: Scenario = {
  name: 'postgres:cleanup',
  title: `Cleanup with ${UPLOADS.toLocaleString('en')} unexpired uploads in PostgreSQL, none expired`,
  unit: 'ms',
  per: 'pass',
  needs: 'PostgreSQL',
  entrants: [
    enterDatabase(oursOnPostgres('fastify', { cleanup: { every: false } }), {
      async prepare(stage) {
        await fill(stage.schema, UPLOADS);
        await measure(stage);
      },
      measure,
    }),
  ],
};
