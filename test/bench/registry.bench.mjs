// Creations per second of the embedded registry, 64 at a time, with every one on disk and without.
// Build first; then: node test/bench/registry.bench.mjs
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

const built = process.env.TUS_LIB ?? new URL('../../dist/', import.meta.url).href;
const { LmdbRegistry } = await import(new URL('registry/index.js', built).href);

const CLIENTS = 64;
const CREATIONS = 20_000;

function record() {
  const createdAt = Date.now();
  return {
    id: randomBytes(16).toString('hex'),
    state: 'receiving',
    length: 5_000_000,
    metadata: 'filename aG9saWRheS5tcDQ=,filetype dmlkZW8vbXA0',
    owner: `user-${createdAt % 100}`,
    createdAt,
    validFor: 86_400_000,
    dueAt: createdAt + 86_400_000,
  };
}

async function measure(durable) {
  const folder = await mkdtemp(join(process.cwd(), '.bench-'));
  const registry = new LmdbRegistry({ folder, durable });
  await registry.open();
  let left = CREATIONS;
  const client = async () => {
    while (left-- > 0) await registry.create(record());
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - start) / 1000;
  await registry.close();
  await rm(folder, { recursive: true });
  console.log(`durable: ${durable}\t${Math.round(CREATIONS / seconds)} creations/s`);
}

for (const durable of [true, false, true, false]) await measure(durable);
