// This library, as an app has it in production, on Express or Fastify.
import { randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type * as Database from '../../../lib/backends/postgres/index.js';
import type * as Library from '../../../lib/index.js';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type * as Bucket from '../../../lib/storage/s3/index.js';
import type * as Constants from '../../../lib/tus.constants.js';
import { takeCommands } from './commands.js';
import { handledModule } from './handled-module.js';
import { repeat } from './repeat.js';
import { settings, type CleanupResult, type Filling, type OurSettings } from './settings.js';

const DAY = 24 * 60 * 60 * 1000;
const BODY = Buffer.alloc(4096, 'x');

/** The library as it is published; `TUS_LIB` names the folder of another build. */
const built = new URL(process.env.TUS_LIB ?? '../../../../dist/', import.meta.url);
const library = await load<typeof Library>('index.js');
const { TusModule, TusService } = library;
const { TUS_REGISTRY } = await load<typeof Constants>('tus.constants.js');
const { platform, tus, s3, postgres, isHandled } = settings<OurSettings>();

const options = { ...tus, storage: await storage(), registry: await recordsInDatabase() };
const handled = isHandled ? handledModule(library, options) : undefined;
const module = handled?.module ?? TusModule.forRoot(options);
const app = await NestFactory.create(module, await adapter(), {
  logger: false,
});
await app.listen(0, '127.0.0.1');
const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
const registry = app.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
takeCommands(port, { fill, cleanup, ...handled?.commandsOf(app) });

function load<T>(file: string): Promise<T> {
  return import(new URL(file, built).href) as Promise<T>;
}

async function storage() {
  return s3 && (await load<typeof Bucket>('storage/s3/index.js')).s3(s3);
}

async function recordsInDatabase() {
  if (!postgres) return undefined;
  return (await load<typeof Database>('backends/postgres/index.js')).postgres(postgres);
}

async function adapter() {
  if (platform === 'express') {
    const { ExpressAdapter } = await import('@nestjs/platform-express');
    return new ExpressAdapter();
  }
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}

async function fill({ unexpired, expired }: Filling): Promise<void> {
  await repeat(unexpired, async () => void (await begin(Date.now())));
  const longAgo = Date.now() - 2 * DAY;
  await repeat(expired, async () => store(await begin(longAgo), longAgo));
}

async function begin(createdAt: number): Promise<string> {
  const id = randomBytes(16).toString('hex');
  const dueAt = createdAt + DAY;
  await registry.create({ id, state: 'receiving', length: 8192, createdAt, validFor: DAY, dueAt });
  return id;
}

async function store(id: string, time: number): Promise<void> {
  const file = join(tus.tmpFileDir ?? '.', id);
  await writeFile(file, BODY);
  await utimes(file, time / 1000, time / 1000);
}

async function cleanup(): Promise<CleanupResult> {
  const service = app.get(TusService, { strict: false });
  const start = performance.now();
  const { expired } = await service.cleanup();
  return { milliseconds: performance.now() - start, removed: expired };
}
