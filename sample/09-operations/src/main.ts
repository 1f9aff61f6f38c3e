import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { adminPassword, host, platform, port, tmpFileDir } from './settings.js';

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { forceCloseConnections: true });
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
await app.listen(port, host);

const logger = new Logger('Sample');
logger.log(`Uploads are kept in ${tmpFileDir}`);
if (process.env.ADMIN_PASSWORD === undefined) {
  logger.log(`Set ADMIN_PASSWORD; until then it is: admin, ${adminPassword}`);
}
logger.log(`Send files on http://localhost:${port} (${platform}), look at /operations`);
