import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresMigrations } from '../../../../lib/registry/postgres/index.js';
import { TestSchema } from '../../../support/postgres/test-database.js';
import { CONNECTIONS } from '../../load/drive.js';
import type { Place } from '../../servers/bench-server.js';
import type { Entrant } from '../scenario.interface.js';
import { empty } from './database-contenders.js';

const run = promisify(execFile);

/** Whole seconds: it takes no others. */
const SECONDS = 3;

/** What the database's own load does, beside those that do it for clients. */
export interface Script {
  readonly label: string;
  /** Statements, in which the schema is called `tus`. */
  readonly text: string;
  /** Fills the tables. */
  prepare?(schema: TestSchema): Promise<void>;
  /** Whether it leaves rows behind, which are removed before the next sample. */
  readonly writes?: boolean;
}

/**
 * A floor: `pgbench`, PostgreSQL's own load, on tables as ours are. `PGBENCH` names it where it is not on
 * the PATH.
 */
export function pgbench(script: Script): Entrant {
  const open = async ({ folder }: Place) => {
    const schema = await TestSchema.make();
    for (const { sql } of postgresMigrations(schema.name)) await schema.query(sql);
    await script.prepare?.(schema);
    const file = join(folder, 'script.sql');
    await writeFile(file, script.text.replaceAll('tus.', `${schema.name}.`));
    await rateOf(schema, file);
    return {
      measure: async () => {
        if (script.writes) await empty(schema);
        return { figure: await rateOf(schema, file) };
      },
      close: () => schema.remove(),
    };
  };
  const promise = script.writes ? 'records are flushed' : 'nothing is stored';
  return { name: 'pgbench', kind: 'floor', label: script.label, promise, open };
}

/** Transactions a second. */
async function rateOf({ url }: TestSchema, file: string): Promise<number> {
  const { PGBENCH: program = 'pgbench' } = process.env;
  const clients = ['--client', String(CONNECTIONS)];
  const args = ['--no-vacuum', '--time', String(SECONDS), ...clients, '--file', file, url];
  const { stdout } = await run(program, args);
  const [, rate] = /^tps = ([\d.]+)/m.exec(stdout) ?? [];
  if (rate === undefined) throw new Error(`pgbench has told no rate: ${stdout}`);
  return Number(rate);
}
