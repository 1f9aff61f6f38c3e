import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TusModule, TusService } from 'nestjs-tus';

/** An app without @nestjs/schedule, which is an optional peer: it cleans up on a timer of the module. */
await assert.rejects(import('@nestjs/schedule'), { code: 'ERR_MODULE_NOT_FOUND' });

class AppModule {}
const cleanup = { every: 1 };
Module({ imports: [TusModule.forRoot({ tmpFileDir: 'uploads-alone', cleanup })] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.init();
assert.deepEqual(await app.get(TusService).cleanup(), { expired: 0, removed: 0, forgotten: 0 });
await app.close();
console.log('  without @nestjs/schedule: ok');
