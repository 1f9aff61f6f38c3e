// A server that ends in order when it is asked to: node stoppable-server.js <platform> <tmpFileDir>
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { TusModule } from '../../lib/index.js';
import { ADAPTERS } from '../support/platforms.js';
import type { PlatformName } from '../support/platforms.js';

const [platform, tmpFileDir] = process.argv.slice(2);

const app = await NestFactory.create(
  TusModule.forRoot({ tmpFileDir }),
  ADAPTERS[platform as PlatformName](),
  { logger: ['error', 'fatal'] },
);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
console.log(`listening on ${port}`);
