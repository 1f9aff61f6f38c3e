import 'reflect-metadata';
import { Logger, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** What each recipe exports. */
interface Recipe {
  readonly AppModule: Type;
  configure?(this: void, app: INestApplication): void | Promise<void>;
}

const { RECIPE = 'swagger', PLATFORM = 'express', PORT = '3000', HOST = '0.0.0.0' } = process.env;

const { AppModule, configure } = (await import(`./${RECIPE}/app.module.js`)) as Recipe;
const adapter = PLATFORM === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter);
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
await configure?.(app);
await app.listen(Number(PORT), HOST);

new Logger('Sample').log(`${RECIPE}: uploads go to http://localhost:${PORT}/files (${PLATFORM})`);
