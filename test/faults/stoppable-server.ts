// A server that ends in order when it is asked to:
// node stoppable-server.js <platform> <tmpFileDir> [early | late], hooked to all signals then
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TusModule } from '../../lib/index.js';
import { ADAPTERS } from '../support/platforms.js';
import type { PlatformName } from '../support/platforms.js';

/** Prints everything where a test looks for errors. */
class ErrorOutput extends ConsoleLogger {
  protected override printMessages(messages: unknown[], context?: string, level?: LogLevel): void {
    super.printMessages(messages, context, level, 'stderr');
  }
}

const [platform, tmpFileDir, when] = process.argv.slice(2);

const app = await NestFactory.create(
  TusModule.forRoot({ tmpFileDir }),
  ADAPTERS[platform as PlatformName](),
  { logger: new ErrorOutput('', { logLevels: ['warn', 'error', 'fatal'] }) },
);
if (when === undefined) app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
if (when === 'early') app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
if (when === 'late') app.enableShutdownHooks();
// What follows from that happens after this turn.
await nextTurn();
const { port } = app.getHttpServer().address() as AddressInfo;
console.log(`listening on ${port}`);
