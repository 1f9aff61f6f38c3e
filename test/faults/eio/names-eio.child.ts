// Gives files names on a disk that fails to flush them once: node names-eio.child.js <folder> <other>
// where the other folder is on another device; prints one line of JSON.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { KeptRecords, newId } from '../../support/kept-records.js';
import { setFaults } from '../shim/fault-shim.js';
import type { FaultRule, FaultyEnvironment } from '../shim/fault-shim.js';
import type { NameReport, Naming } from './names-eio.report.js';

const [folder, other] = process.argv.slice(2) as [string, string];
const env = process.env as FaultyEnvironment;
const records = new KeptRecords();
const storage = new DiskStorage({ folder, records });
await storage.open();

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.name,
  );

async function namesIn(place: string, first: string): Promise<string[]> {
  const names = await readdir(place).catch(() => ['no folder']);
  return names.filter((name) => name !== first);
}

/** Does something twice, of which the first try meets a fault. */
async function tryTwice(
  target: string,
  rule: Omit<FaultRule, 'times'>,
  work: (id: string) => Promise<unknown>,
): Promise<NameReport> {
  const id = newId();
  await writeFile(storage.files.path(records.of(id)), id);
  setFaults(env, { ...rule, times: 1 });
  const first = await outcomeOf(work(id));
  setFaults(env);
  const left = await namesIn(dirname(target), id);
  const second = await outcomeOf(work(id));
  const text = await readFile(target, 'utf8');
  return { first, left, second, text: text === id ? 'whole' : text };
}

const placed = join(folder, 'placed', 'file');
const moved = join(folder, 'moved', 'file');
const far = join(other, 'file');
const deep = join(folder, 'new', 'file');
await place(await storedFile(), join('placed', 'other'));
await move(await storedFile(), join(folder, 'moved', 'other'));

function place(id: string, filePath: string): Promise<unknown> {
  return storage.finish({ ...records.of(id), filePath });
}

function move(id: string, target: string): Promise<void> {
  return storage.move(records.of(id), target);
}

async function storedFile(): Promise<string> {
  const id = newId();
  await writeFile(storage.files.path(records.of(id)), 'other');
  return id;
}

const fsync = ['fsync'] as const;
const reports: Record<Naming, NameReport> = {
  place: await tryTwice(placed, { calls: fsync, path: '*/placed' }, (id) =>
    place(id, join('placed', basename(placed))),
  ),
  move: await tryTwice(moved, { calls: fsync, path: '*/moved' }, (id) => move(id, moved)),
  'move to another device': await tryTwice(
    far,
    { calls: fsync, path: '.moving', loses: true },
    (id) => move(id, far),
  ),
  'make a folder': await tryTwice(deep, { calls: fsync, path: `*/${basename(folder)}` }, (id) =>
    move(id, deep),
  ),
};
process.stdout.write(`${JSON.stringify(reports)}\n`);
