import { asError } from '../../lib/errors/index.js';
import { PostgresServer } from '../support/postgres/postgres-server.js';
import { startStore, stopStore } from '../support/s3/start-store.js';
import type { Need, Scenario } from './scenarios/index.js';

/** As PostgreSQL is after its installation, but for the network, and room for all who take part. */
const DEFAULTS = ['listen_addresses=', 'max_connections=300'];

const STARTS: Readonly<Record<Need, () => Promise<void>>> = {
  S3: startStore,
  PostgreSQL: startDatabase,
};

let database: PostgresServer | undefined;

/** Starts what scenarios need; where that cannot be, those that need it are left out. */
export async function startNeeded(scenarios: readonly Scenario[]): Promise<readonly Scenario[]> {
  let possible = scenarios;
  for (const need of new Set(scenarios.flatMap((scenario) => scenario.needs ?? []))) {
    try {
      await STARTS[need]();
    } catch (error) {
      console.error(`Nothing is measured on ${need}. ${asError(error).message}`);
      possible = possible.filter((scenario) => scenario.needs !== need);
    }
  }
  return possible;
}

export async function endNeeded(): Promise<void> {
  await stopStore();
  await database?.remove();
}

/** Starts PostgreSQL, unless `DATABASE_URL` names one. */
async function startDatabase(): Promise<void> {
  if (process.env.DATABASE_URL) return;
  database = await PostgresServer.start(DEFAULTS);
  process.env.DATABASE_URL = database.url;
}
