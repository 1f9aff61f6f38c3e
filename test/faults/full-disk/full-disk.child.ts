// Runs a registry and a storage into a full disk, and prints what they did as one line of JSON.
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { delivery, uploadRecord } from '../../unit/registry/records.js';
import { KeptRecords, newId } from '../../support/kept-records.js';
import type { FullDiskReport, Tally } from './full-disk.report.js';

const [disk, elsewhere, durable, only] = process.argv.slice(2);
const fillers: string[] = [];

/** Stores until nothing more fits. */
async function fill(): Promise<void> {
  const path = join(disk, `fill-${fillers.length}`);
  fillers.push(path);
  const file = await open(path, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      for (;;) await file.write(Buffer.alloc(size));
    }
  } catch {
    // Full, as wanted.
  } finally {
    await file.close();
  }
}

async function makeRoom(): Promise<void> {
  await Promise.all(fillers.splice(0).map((path) => rm(path)));
}

async function outcome(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => 'done',
    (error: Error) => `${error.name}${error.cause === undefined ? '' : ' with a cause'}`,
  );
}

/** Creates uploads in bunches, and tells what became of each. */
async function create(registry: LmdbRegistry, bunches: number): Promise<Tally> {
  const tally: Tally = { acknowledged: [], refused: [], outcomes: [] };
  for (let bunch = 0; bunch < bunches; bunch++) {
    const records = Array.from({ length: 32 }, () => uploadRecord({ metadata: 'x'.repeat(1000) }));
    const outcomes = await Promise.all(records.map((it) => outcome(registry.create(it))));
    records.forEach(({ id }, i) =>
      (outcomes[i] === 'done' ? tally.acknowledged : tally.refused).push(id),
    );
    tally.outcomes.push(...outcomes);
  }
  tally.outcomes = [...new Set(tally.outcomes)].sort();
  return tally;
}

async function held(registry: LmdbRegistry): Promise<string[]> {
  const { items } = await registry.list({ limit: 100_000 });
  const found = await Promise.all(items.map(({ id }) => registry.get(id)));
  return found.map((record) => record?.id ?? 'missing').sort();
}

/** Finishes an upload, with more metadata than a full disk has room for. */
function grow(registry: LmdbRegistry, id: string): Promise<unknown> {
  return registry.change(id, (record) => ({
    record: { ...record, state: 'finished', metadata: 'y'.repeat(1_000_000) },
    deliveries: [delivery(id)],
  }));
}

async function runRegistry(): Promise<FullDiskReport['registry']> {
  const options = { folder: join(disk, 'uploads', '.tus'), durable: durable === 'true' };
  const registry = new LmdbRegistry(options);
  await registry.open();
  const before = await create(registry, 1);
  const changed = before.acknowledged[0];
  // The registry is to take the last room itself, in the middle of a write.
  const gap = join(disk, 'gap');
  await writeFile(gap, Buffer.alloc(300_000));
  await fill();
  await rm(gap);
  const full = await create(registry, 20);
  const heldWhenFull = await held(registry);
  const changes = [await outcome(grow(registry, changed))];
  const stateAfterChange = (await registry.get(changed))?.state ?? 'missing';
  const deliveriesAfterChange = (await registry.deliveries({})).items.length;

  await registry.close();
  await registry.open();
  const heldAfterRestart = await held(registry);
  changes.push(await outcome(grow(registry, changed)));

  await makeRoom();
  changes.push(await outcome(grow(registry, changed)));
  const after = await create(registry, 5);
  const heldAfterRoom = await held(registry);
  await registry.close();
  return {
    before,
    full,
    heldWhenFull,
    changes,
    stateAfterChange,
    deliveriesAfterChange,
    heldAfterRestart,
    after,
    heldAfterRoom,
  };
}

async function runFirstStart(): Promise<FullDiskReport['firstStart']> {
  const folder = join(disk, 'first', '.tus');
  await mkdir(folder, { recursive: true });
  await fill();
  const registry = new LmdbRegistry({ folder, durable: durable === 'true' });
  const whenFull = await outcome(registry.open());
  const orphans = await readdir(folder);
  await makeRoom();
  const withRoom = await outcome(registry.open());
  await registry.close();
  return { whenFull, orphans, withRoom };
}

async function runStorage(): Promise<FullDiskReport['storage']> {
  const records = new KeptRecords();
  const storage = new DiskStorage({ folder: join(disk, 'uploads'), records });
  await storage.open();
  const upload = records.of(newId());
  const path = storage.files.path(upload);
  const writer = await storage.openWriter(upload);
  const chunks = Array.from({ length: 1000 }, () => Buffer.alloc(10_000, 'x'));
  const write = await outcome(writer.write(chunks));
  const again = await outcome(writer.write(chunks));
  const size = writer.size;
  const sizeOnDisk = (await stat(path)).size;
  const told = (await storage.stat(upload))?.size;

  await writer.truncate(1000);
  const afterRoom = await outcome(writer.write([Buffer.alloc(500, 'y')]));
  await writer.sync();
  await writer.close();
  const finalSize = (await stat(path)).size;
  await storage.remove(upload);
  return { write, again, given: 10_000_000, size, sizeOnDisk, told, afterRoom, finalSize };
}

async function runMove(): Promise<FullDiskReport['move']> {
  const records = new KeptRecords();
  const storage = new DiskStorage({ folder: elsewhere, records });
  const upload = records.of(newId());
  await writeFile(storage.files.path(upload), Buffer.alloc(1_000_000, 'x'));
  await mkdir(join(disk, 'target'));
  await fill();
  const whenFull = await outcome(storage.move(upload, join(disk, 'target', 'file')));
  const orphans = await readdir(join(disk, 'target'));
  const sourceSize = (await storage.stat(upload))?.size;
  await makeRoom();
  const withRoom = await outcome(storage.move(upload, join(disk, 'target', 'file')));
  const moved = await readdir(join(disk, 'target'));
  return { whenFull, orphans, sourceSize, withRoom, moved };
}

const ofRegistry = { registry: await runRegistry(), firstStart: await runFirstStart() };
const ofStorage = only === 'registry' ? {} : { storage: await runStorage(), move: await runMove() };
const report: Partial<FullDiskReport> = { ...ofRegistry, ...ofStorage };
process.stdout.write(`\n${JSON.stringify(report)}\n`);
