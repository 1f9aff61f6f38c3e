import type { AddressInfo } from 'node:net';
import type { INestApplication, LoggerService, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { PlatformName } from './platforms.js';

export interface ServeOptions {
  /** What it logs, or by what; errors to its output unless given. */
  readonly logger?: LogLevel[] | LoggerService;
  /** Called before the app starts, where a `main.ts` would call `enableShutdownHooks()`. */
  readonly configure?: (app: INestApplication) => void;
  /** Called once it listens, before the test is told. */
  readonly started?: (app: INestApplication) => void | Promise<void>;
}

/** Runs an app in a process of its own, on a free port, and tells `ServerProcess` which. */
export async function serve(
  platform: PlatformName,
  module: Parameters<typeof NestFactory.create>[0],
  { logger = ['error', 'fatal'], configure, started }: ServeOptions = {},
): Promise<void> {
  const app = await NestFactory.create(module, await createAdapter(platform), { logger });
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  await started?.(app);
  const { port } = app.getHttpServer().address() as AddressInfo;
  console.log(`listening on ${port}`);
}

/** Loads one platform only: a server that is started often is to start fast. */
async function createAdapter(platform: PlatformName): Promise<AbstractHttpAdapter> {
  if (platform === 'express') {
    const { ExpressAdapter } = await import('@nestjs/platform-express');
    return new ExpressAdapter();
  }
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}
