import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TusModule } from 'nestjs-tus';

/** What keeps uploads elsewhere is loaded with its driver, an optional peer, and by those who ask for it. */
const require = createRequire(import.meta.url);
const missing = /Cannot find (package|module) '@aws-sdk\/client-s3'/;
await assert.rejects(import('nestjs-tus/s3'), missing);
assert.throws(() => require('nestjs-tus/s3'), missing);

const noTerminus = /Cannot find (package|module) '@nestjs\/terminus'/;
await assert.rejects(import('nestjs-tus/health'), noTerminus);
assert.throws(() => require('nestjs-tus/health'), noTerminus);

for (const { postgres } of [await import('nestjs-tus/postgres'), require('nestjs-tus/postgres')]) {
  const registry = postgres({ connectionString: 'postgres://localhost/uploads' });
  class AppModule {}
  Module({ imports: [TusModule.forRoot({ registry, tmpFileDir: 'uploads-elsewhere' })] })(
    AppModule,
  );
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await assert.rejects(app.init(), /"pg".*npm install pg/s);
}
console.log('  without pg, the AWS SDK and Terminus: ok');
