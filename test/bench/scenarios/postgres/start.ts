import { TestSchema } from '../../../support/postgres/test-database.js';
import { Connection } from '../../load/connection.js';
import { assertAnswer, createdPath, creation, status } from '../../load/tus-requests.js';
import type { BenchServer, Place } from '../../servers/bench-server.js';
import type { Entrant, Sample, Scenario } from '../scenario.interface.js';
import { fill, oursOnPostgres } from './database-contenders.js';

/** Uploads that are there. */
const UPLOADS = 100_000;

const contender = oursOnPostgres();

async function makeUpload({ port }: BenchServer): Promise<string> {
  const connection = await Connection.open(port);
  const path = createdPath(await connection.request(creation(1000)));
  connection.close();
  return path;
}

async function ask({ port }: BenchServer, path: string): Promise<void> {
  const connection = await Connection.open(port);
  assertAnswer(await connection.request(status(path)), 200, 0);
  connection.close();
}

/** From the start of a process to its first answer about an upload. */
async function startOnce(place: Place, schema: TestSchema, path: string): Promise<Sample> {
  const begin = performance.now();
  const server = await contender.start(place, schema);
  await ask(server, path);
  const figure = performance.now() - begin;
  const { cpu, peakMemory } = await server.usage();
  await server.stop();
  return { figure, cpu, peakMemory };
}

const entrant: Entrant = {
  ...contender,
  async open(place) {
    const schema = await TestSchema.make();
    const server = await contender.start(place, schema);
    await fill(schema, UPLOADS);
    const path = await makeUpload(server);
    await server.stop();
    return {
      measure: () => startOnce(place, schema, path),
      close: () => schema.remove(),
    };
  },
};

export const start: Scenario = {
  name: 'postgres:start',
  title: `Start to first answer with ${UPLOADS.toLocaleString('en')} uploads in PostgreSQL`,
  unit: 'ms',
  per: 'start',
  needs: 'PostgreSQL',
  entrants: [entrant],
};
