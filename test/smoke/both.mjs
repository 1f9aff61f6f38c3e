import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TusModule, TusService } from 'nestjs-tus';

/** An app that imports the library, where something else requires it, is told so. */
const require = createRequire(import.meta.url);
const required = require('nestjs-tus');
assert.notEqual(required.TusService, TusService);

class AppModule {}
Module({ imports: [TusModule.forRoot({ tmpFileDir: 'uploads-of-both' })] })(AppModule);

const warnings = [];
const logger = { log() {}, error: console.error, warn: (message) => warnings.push(message) };
const app = await NestFactory.create(AppModule, { logger });
await app.init();
await app.close();

const folder = join(dirname(require.resolve('nestjs-tus/package.json')), 'dist');
const { version } = require('nestjs-tus/package.json');
const [warning] = warnings.filter((message) => message.includes('loaded 2 times'));
for (const place of [`${folder} (${version})`, `${join(folder, 'cjs')} (${version})`]) {
  assert.ok(warning?.includes(place), `${place} is not in: ${warning}`);
}
console.log('  imported and required at once: ok');
