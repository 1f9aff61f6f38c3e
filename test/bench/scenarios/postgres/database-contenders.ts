import type { TusModuleOptions } from '../../../../lib/index.js';
import { TestSchema } from '../../../support/postgres/test-database.js';
import type { Contender } from '../../contenders.js';
import { drive, type Work } from '../../load/drive.js';
import type { BenchServer, Place } from '../../servers/bench-server.js';
import { NodeServer } from '../../servers/node-server.js';
import type { OurSettings } from '../../servers/settings.js';
import { measureRate, removeBytes, WARM_UP } from '../over-http.js';
import type { Entrant, Sample } from '../scenario.interface.js';

/** Those that keep records in PostgreSQL. */
export interface DatabaseContender extends Omit<Contender, 'start'> {
  /** Processes, as there are on several machines; one unless given. */
  readonly count?: number;
  start(place: Place, schema: TestSchema): Promise<BenchServer>;
}

/** Where they were started: their processes, the folder they share, and their tables. */
export interface DatabaseStage {
  readonly servers: readonly BenchServer[];
  readonly folder: string;
  readonly schema: TestSchema;
}

/** How a scenario uses them. */
export interface DatabasePlay {
  prepare(stage: DatabaseStage): Promise<unknown>;
  measure(stage: DatabaseStage): Promise<Sample>;
}

export const PLATFORMS = ['fastify', 'express'] as const;

const NAMES = { fastify: 'Fastify', express: 'Express' } as const;

/** This library, with records in PostgreSQL and bytes in a folder that all machines see. */
export function oursOnPostgres(
  platform: keyof typeof NAMES = 'fastify',
  further: TusModuleOptions = {},
): DatabaseContender {
  return {
    name: platform,
    kind: 'ours',
    label: `nestjs-tus on ${NAMES[platform]}, \`postgres()\``,
    promise: 'records and finished files are flushed',
    start: (place, { options: postgres }) => {
      const tus = { tmpFileDir: place.folder, ...further };
      return NodeServer.start(
        './ours.js',
        { platform, tus, postgres } satisfies OurSettings,
        place,
      );
    },
  };
}

/** Lets a contender take part, with tables of its own. */
export function enterDatabase(contender: DatabaseContender, play: DatabasePlay): Entrant {
  const open = async (place: Place) => {
    const schema = await TestSchema.make();
    const servers: BenchServer[] = [];
    for (let count = contender.count ?? 1; count > 0; count--) {
      servers.push(await contender.start(place, schema));
    }
    const stage = { servers, folder: place.folder, schema };
    await play.prepare(stage);
    return {
      measure: () => play.measure(stage),
      close: async () => {
        await Promise.all(servers.map((server) => server.stop()));
        await schema.remove();
      },
    };
  };
  return { ...contender, open };
}

/** A play of work that is done again and again on many connections, and leaves nothing behind. */
export function rateOnPostgres(work: Work): DatabasePlay {
  return {
    prepare: ({ servers }) =>
      drive(
        servers.map(({ port }) => port),
        work,
        WARM_UP,
      ),
    async measure({ servers, folder, schema }) {
      await empty(schema);
      const sample = await measureRate(servers, work);
      await removeBytes(folder);
      return sample;
    },
  };
}

/** Removes all rows, and the room they took. */
export async function empty(schema: TestSchema): Promise<void> {
  await schema.query('TRUNCATE tus.uploads, tus.deliveries, tus.leases');
}

/** Puts so many unfinished uploads there without the way over HTTP; their ids are `md5('1')` and so on. */
export async function fill(schema: TestSchema, uploads: number): Promise<void> {
  await schema.query(
    `INSERT INTO tus.uploads (id, state, length, created_at, valid_for, due_at)
     SELECT md5(number::text), 'receiving', 8192, now(), 86400000, now() + interval '1 day'
     FROM generate_series(1, $1::int) AS number`,
    [uploads],
  );
  await schema.query('ANALYZE tus.uploads');
}
