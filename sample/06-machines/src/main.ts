import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { machine, platform, port } from './settings.js';

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['log', 'warn', 'error'] });
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
// Longer than the proxy keeps its connections.
app.getHttpServer().keepAliveTimeout = 65_000;
await app.listen(port);

new Logger('Sample').log(`${machine} listens on ${port} (${platform})`);
