// A server that dies where its uploads say: node dying-server.js <platform> <folder> <uploads>
import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type { UploadStorage } from '../../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../../lib/tus.constants.js';
import type { PlatformName } from '../../support/platforms.js';
import { serve } from '../../support/serve.js';
import { callLogIn, crashApp } from './crash-app.js';
import { DeadlyPoints } from './deadly-points.js';
import { StepWatch } from './step-watch.js';

const [platform, folder, uploads] = process.argv.slice(2) as [PlatformName, string, string];
const points = new DeadlyPoints(callLogIn(folder), Number(uploads));

@Module(crashApp(folder, points))
class DyingModule {}

function watch(app: INestApplication): void {
  const steps = new StepWatch(points);
  const all = { strict: false, each: true } as const;
  for (const each of app.get<UploadRegistry>(TUS_REGISTRY, all)) steps.watchRegistry(each);
  for (const each of app.get<UploadStorage>(TUS_STORAGE, all)) steps.watchStorage(each);
}

await serve(platform, DyingModule, { configure: watch });
