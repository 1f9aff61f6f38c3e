// Time from the start of a process until it listens, on a folder with many unfinished uploads.
// Compile the tests first; then: node dist-test/test/bench/startup.bench.js
import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LmdbRegistry } from '../../lib/registry/index.js';
import { REGISTRY_FOLDER } from '../../lib/tus.constants.js';
import { ServerProcess } from '../faults/server-process.js';
import { settingsIn } from '../faults/server-settings.js';
import { PLATFORMS } from '../support/platforms.js';
import type { PlatformName } from '../support/platforms.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { median, quantile, rounded, useOf } from './figures.js';

const UPLOADS = 100_000;
const STARTS = 5;
const DAY = 24 * 60 * 60 * 1000;
const BODY = Buffer.alloc(512, 'x');

/** Makes unfinished uploads with a few bytes each. */
async function fill(folder: string): Promise<void> {
  const registry = new LmdbRegistry({ folder: join(folder, REGISTRY_FOLDER), durable: false });
  await registry.open();
  let left = UPLOADS;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const id = randomBytes(16).toString('hex');
      const createdAt = Date.now();
      const dueAt = createdAt + DAY;
      await registry.create({
        id,
        state: 'receiving',
        length: 8192,
        createdAt,
        validFor: DAY,
        dueAt,
      });
      await writeFile(join(folder, id), BODY);
    }
  };
  await Promise.all(Array.from({ length: 64 }, one));
  await registry.close();
}

/** One start of a server. */
interface Start {
  /** Milliseconds until it listened. */
  readonly ready: number;
  /** Those of them on a processor, which a busy machine does not prolong. */
  readonly cpu: number;
  /** Longest time its event loop was blocked, in milliseconds, in the seconds after that. */
  readonly blocked: number;
}

/** Starts a server, and looks how its event loop fares while it searches through everything. */
async function measure(folder: string, platform: PlatformName): Promise<Start> {
  const started = performance.now();
  const server = await ServerProcess.start(settingsIn(folder, platform));
  const ready = performance.now() - started;
  const { cpu } = await useOf(server.pid);
  await server.stats();
  await pause(3000);
  const { longestDelay } = await server.stats();
  await server.kill();
  return { ready, cpu: cpu * 1000, blocked: longestDelay };
}

function summary(starts: readonly Start[]): object {
  const ready = starts.map((start) => start.ready);
  return {
    'ready after ms (median)': rounded(median(ready)),
    'at most': rounded(quantile(ready, 1)),
    'of that on a processor (median)': rounded(median(starts.map((start) => start.cpu))),
    'longest block ms afterwards': rounded(
      quantile(
        starts.map((start) => start.blocked),
        1,
      ),
    ),
  };
}

const empty = await makeTempFolder();
const full = await makeTempFolder();
await measure(full, 'express');
const { tmpFileDir } = settingsIn(full, 'express');
await fill(tmpFileDir);
console.log(`${(await readdir(tmpFileDir)).length} files`);
for (const [platform] of PLATFORMS) {
  const without: Start[] = [];
  const withUploads: Start[] = [];
  // In turns, for the machine may have other work at times.
  for (let start = 0; start < STARTS; start++) {
    without.push(await measure(empty, platform));
    withUploads.push(await measure(full, platform));
  }
  console.table({
    [`${platform}, no uploads`]: summary(without),
    [`${platform}, ${UPLOADS} unfinished`]: summary(withUploads),
  });
}
await removeTempFolder(empty);
await removeTempFolder(full);
