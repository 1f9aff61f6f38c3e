// A registry whose disk fails: node registry-eio.child.js <folder> <call>; prints one line of JSON.
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/index.js';
import { uploadRecord } from '../../unit/registry/records.js';
import { failNoMore, failOn } from '../shim/fault-shim.js';
import type { FaultyCall } from '../shim/fault-shim.js';
import type { RegistryEioReport } from './registry-eio.report.js';

const [folder, call] = process.argv.slice(2) as [string, FaultyCall];
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

const inode = () => statSync(data).ino;
// As a server's socket would.
const alive = setInterval(() => undefined, 60_000);

const registry = openRegistry();
await registry.open();
const before = await createMany(registry, 20);
const firstInode = inode();

// The disk fails for a moment.
const repaired = once(repairs, 'repaired');
failOn([call], folder, 1);
const momentary = await createMany(registry, 3);
failNoMore();
await repaired;
const afterMoment = { outcomes: await createMany(registry, 5), missing: await missing(registry) };
const secondInode = inode();

// It fails for good, and the process ends.
failOn([call, 'fsync'], folder, -1);
const lasting = await createMany(registry, 3);
await registry.close();
failNoMore();
const again = openRegistry();
await again.open();
const afterRestart = { outcomes: await createMany(again, 5), missing: await missing(again) };
const thirdInode = inode();
await again.close();
clearInterval(alive);

const report: RegistryEioReport = {
  before,
  momentary,
  lasting,
  afterMoment,
  afterRestart,
  events,
  files: new Set([firstInode, secondInode, thirdInode]).size,
};
process.stdout.write(`\n${JSON.stringify(report)}\n`);
