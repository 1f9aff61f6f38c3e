// Probes a storage on a disk that becomes full, and then read-only; prints what it said as a line of JSON.
import { execFileSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../../lib/health/reason-of.js';
import { DiskStorage } from '../../../lib/storage/disk/index.js';
import { listFiles } from '../../support/temp-folder.js';
import { KeptRecords } from '../../support/kept-records.js';

const [disk = ''] = process.argv.slice(2);
const folder = join(disk, 'uploads');
const filler = join(disk, 'filler');
const storage = new DiskStorage({ folder, records: new KeptRecords() });

const probe = () => storage.probe().then(() => 'well', reasonOf);

async function fill(): Promise<void> {
  const file = await open(filler, 'w');
  try {
    for (;;) await file.write(Buffer.alloc(4096));
  } catch {
    // Full, as wanted.
  } finally {
    await file.close();
  }
}

await storage.open();
const told = [await probe()];
await fill();
told.push(await probe());
await rm(filler);
told.push(await probe());
execFileSync('mount', ['-o', 'remount,ro', disk]);
told.push(await probe());
console.log(JSON.stringify({ told, left: await listFiles(folder) }));
