// A registry whose disk fails: node registry-eio.child.js <folder> <call>; prints one line of JSON.
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { uploadRecord } from '../../unit/registry/records.js';
import { setFaults } from '../shim/fault-shim.js';
import type { FaultyCall, FaultyEnvironment } from '../shim/fault-shim.js';
import type { RegistryEioReport } from './registry-eio.report.js';

const [folder, call] = process.argv.slice(2) as [string, FaultyCall];
const env = process.env as FaultyEnvironment;
const data = join(folder, 'data.mdb');
const events: string[] = [];
const acknowledged: string[] = [];
const repairs = new EventTarget();

function openRegistry(): LmdbRegistry {
  const observer = {
    blocked: () => undefined,
    faulted: () => void events.push('faulted'),
    damaged: () => void events.push('damaged'),
    repaired: () => {
      events.push('repaired');
      repairs.dispatchEvent(new Event('repaired'));
    },
  };
  return new LmdbRegistry({ folder, durable: true, observer });
}

async function createMany(registry: LmdbRegistry, count: number): Promise<string[]> {
  const outcomes = new Set<string>();
  for (let i = 0; i < count; i++) {
    const record = uploadRecord();
    try {
      await registry.create(record);
      acknowledged.push(record.id);
      outcomes.add('done');
    } catch (error) {
      outcomes.add((error as Error).name);
    }
  }
  return [...outcomes];
}

async function missing(registry: LmdbRegistry): Promise<number> {
  const found = await Promise.all(acknowledged.map((id) => registry.get(id)));
  return found.filter((record) => record === undefined).length;
}

/** The number alone may be that of a later file. */
const dataFile = () => {
  const { ino, birthtimeNs } = statSync(data, { bigint: true });
  return `${ino} of ${birthtimeNs}`;
};
// As a server's socket would.
const alive = setInterval(() => undefined, 60_000);

const registry = openRegistry();
await registry.open();
const before = await createMany(registry, 20);
const firstFile = dataFile();

// The disk fails for a moment.
const repaired = once(repairs, 'repaired');
setFaults(env, { calls: [call], path: folder, times: 1 });
const momentary = await createMany(registry, 3);
setFaults(env);
await repaired;
const afterMoment = { outcomes: await createMany(registry, 5), missing: await missing(registry) };
const secondFile = dataFile();

// It fails for good, and the process ends.
setFaults(env, { calls: [call, 'fsync'], path: folder });
const lasting = await createMany(registry, 3);
await registry.close();
setFaults(env);
const again = openRegistry();
await again.open();
const afterRestart = { outcomes: await createMany(again, 5), missing: await missing(again) };
const thirdFile = dataFile();
await again.close();
clearInterval(alive);

const report: RegistryEioReport = {
  before,
  momentary,
  lasting,
  afterMoment,
  afterRestart,
  events,
  files: new Set([firstFile, secondFile, thirdFile]).size,
};
process.stdout.write(`\n${JSON.stringify(report)}\n`);
