import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { host, platform, port, tmpFileDir } from './settings.js';

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter);
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
await app.listen(port, host);

const logger = new Logger('Sample');
logger.log(`Uploads are kept in ${tmpFileDir}`);
logger.log(`Open http://localhost:${port} (${platform})`);
