// A server that ends in order when it is asked to:
// node stoppable-server.js <platform> <tmpFileDir> [early | late], hooked to all signals then
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { TusModule } from '../../../lib/index.js';
import type { PlatformName } from '../../support/platforms.js';
import { serve } from '../../support/serve.js';

/** Prints everything where a test looks for errors. */
class ErrorOutput extends ConsoleLogger {
  protected override printMessages(messages: unknown[], context?: string, level?: LogLevel): void {
    super.printMessages(messages, context, level, 'stderr');
  }
}

const [platform, tmpFileDir, when] = process.argv.slice(2);

await serve(platform as PlatformName, TusModule.forRoot({ tmpFileDir }), {
  logger: new ErrorOutput('', { logLevels: ['warn', 'error', 'fatal'] }),
  configure: (app) => {
    if (when === undefined) app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
    if (when === 'early') app.enableShutdownHooks();
  },
  started: async (app) => {
    if (when === 'late') app.enableShutdownHooks();
    // What follows from that happens after this turn.
    await nextTurn();
  },
});
