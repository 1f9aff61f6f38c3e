import 'reflect-metadata';
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { platform, port, tmpFileDir, workers } from './settings.js';

const logger = new Logger('Sample');

if (cluster.isPrimary) runPrimary();
else await runWorker();

/** Starts the workers, and one more for each that dies before it is told to. */
function runPrimary(): void {
  const count = workers ?? Math.max(2, availableParallelism());
  let ending = false;
  const end = () => {
    ending = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  cluster.on('exit', ({ id }, code, signal) => {
    if (ending) return;
    logger.warn(`Worker ${id} died (${signal || code}); another one takes its place`);
    cluster.fork();
  });
  for (let index = 0; index < count; index++) cluster.fork();
  logger.log(`Uploads go to http://localhost:${port}/files (${platform}, ${count} workers)`);
  logger.log(`They are kept in ${tmpFileDir}`);
}

async function runWorker(): Promise<void> {
  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter, {
    logger: ['warn', 'error', 'log'],
    // Streams of events would hold up the end.
    forceCloseConnections: true,
  });
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  await app.listen(port);
}
