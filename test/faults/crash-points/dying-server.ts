// A server that dies where its uploads say: node dying-server.js <platform> <folder> <uploads>
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type { UploadStorage } from '../../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../../lib/tus.constants.js';
import { ADAPTERS } from '../../support/platforms.js';
import type { PlatformName } from '../../support/platforms.js';
import { callLogIn, crashApp } from './crash-app.js';
import { DeadlyPoints } from './deadly-points.js';
import { StepWatch } from './step-watch.js';

const [platform, folder, uploads] = process.argv.slice(2) as [PlatformName, string, string];
const points = new DeadlyPoints(callLogIn(folder), Number(uploads));

@Module(crashApp(folder, points))
class DyingModule {}

const app = await NestFactory.create(DyingModule, ADAPTERS[platform](), {
  logger: ['error', 'fatal'],
});
const watch = new StepWatch(points);
const all = { strict: false, each: true } as const;
for (const each of app.get<UploadRegistry>(TUS_REGISTRY, all)) watch.watchRegistry(each);
for (const each of app.get<UploadStorage>(TUS_STORAGE, all)) watch.watchStorage(each);
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
console.log(`listening on ${port}`);
