// Time of a cleanup pass, and how long it blocks the event loop. Compile the tests first; then:
// node dist-test/test/bench/cleanup.bench.js
import { randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TusModule, TusService } from '../../lib/index.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import { TUS_REGISTRY } from '../../lib/tus.constants.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { median, quantile, rounded } from './figures.js';

const UPLOADS = 10_000;
const PASSES = 21;
const DAY = 24 * 60 * 60 * 1000;
const BODY = Buffer.alloc(4096, 'x');

const eventLoop = monitorEventLoopDelay({ resolution: 1 });

/** Puts uploads into an app that were begun some time ago. */
async function fill(app: INestApplication, folder: string, ageInDays: number): Promise<void> {
  const registry = app.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
  const createdAt = Date.now() - ageInDays * DAY;
  let left = UPLOADS;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const id = randomBytes(16).toString('hex');
      const file = join(folder, id);
      await writeFile(file, BODY);
      await utimes(file, createdAt / 1000, createdAt / 1000);
      const dueAt = createdAt + DAY;
      await registry.create({
        id,
        state: 'receiving',
        length: 8192,
        createdAt,
        validFor: DAY,
        dueAt,
      });
    }
  };
  await Promise.all(Array.from({ length: 64 }, one));
}

async function timed(app: INestApplication): Promise<{ milliseconds: number; expired: number }> {
  const start = performance.now();
  const { expired } = await app.get(TusService, { strict: false }).cleanup();
  return { milliseconds: performance.now() - start, expired };
}

async function withApp(
  measure: (app: INestApplication, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await makeTempFolder();
  const module = TusModule.forRoot({ tmpFileDir: folder, cleanup: { every: false } });
  const app = await NestFactory.create(module, { logger: ['error'] });
  await app.init();
  await measure(app, folder);
  await app.close();
  await removeTempFolder(folder);
}

async function measureIdlePasses(app: INestApplication, folder: string): Promise<void> {
  await fill(app, folder, 0);
  const times: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    times.push((await timed(app)).milliseconds);
    await pause(20);
  }
  console.table({
    [`pass, ${UPLOADS} unfinished, none expired`]: {
      'median ms': rounded(median(times), 3),
      'longest ms': rounded(quantile(times, 1), 3),
    },
  });
}

async function measureExpiring(app: INestApplication, folder: string): Promise<void> {
  await fill(app, folder, 2);
  await pause(1000);
  const rows: Record<string, object> = {};
  for (const name of [`pass, ${UPLOADS} expired`, 'the next pass', 'the pass after it']) {
    eventLoop.reset();
    eventLoop.enable();
    const { milliseconds, expired } = await timed(app);
    eventLoop.disable();
    rows[name] = {
      ms: rounded(milliseconds),
      expired,
      'longest block ms': rounded(eventLoop.max / 1e6),
      'p99 ms': rounded(eventLoop.percentile(99) / 1e6),
    };
  }
  console.table(rows);
}

await withApp(measureIdlePasses);
await withApp(measureExpiring);
