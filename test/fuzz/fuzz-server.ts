// An app in a process of its own that a test sends anything to and kills. Its argument: settings.
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, Param, Post, Query } from '@nestjs/common';
import type {
  CallHandler,
  ExecutionContext,
  INestApplication,
  NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { finalize, type Observable } from 'rxjs';
import { OnUploadFinished, TusModule, TusService } from '../../lib/index.js';
import type { FinishedUpload, Upload } from '../../lib/index.js';
import { writeEntry } from '../faults/servers/journal.js';
import { serve } from '../support/serve.js';
import type { FuzzSettings } from './fuzz-settings.js';

const settings = JSON.parse(process.argv[2] ?? '{}') as FuzzSettings;
const registry = await registryOf(settings);
const sockets = new Set<Socket>();
const events = new EventEmitter();
let running = 0;

/** The driver is loaded only where it is needed. */
async function registryOf({ postgres: options }: FuzzSettings) {
  if (!options) return undefined;
  return (await import('../../lib/backends/postgres/index.js')).postgres(options);
}

/** Keeps a journal of its own for each upload. */
@Injectable()
class JournalKeeper {
  @OnUploadFinished({ id: 'journal' })
  async keep({ id, attempt, size, path }: FinishedUpload): Promise<void> {
    // The file may have been moved or deleted before its turn came.
    const sha256 = await sha256Of(path).catch(() => undefined);
    await writeEntry(join(settings.journals, id), {
      event: 'end',
      id,
      attempt,
      size,
      path,
      sha256,
    });
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** What an app does with uploads by its service. */
@Controller('control')
class ControlController {
  constructor(private readonly tus: TusService) {}

  @Get('find/:id')
  find(@Param('id') id: string): Promise<Upload | undefined> {
    return this.tus.find(id);
  }

  @Post('terminate/:id')
  terminate(@Param('id') id: string): Promise<string> {
    return outcomeOf(this.tus.terminate(id));
  }

  @Post('moveTo/:id')
  moveTo(@Param('id') id: string, @Query('path') path: string): Promise<string> {
    return outcomeOf(this.tus.moveTo(id, path));
  }

  @Post('cleanupFile/:id')
  cleanupFile(@Param('id') id: string): Promise<string> {
    return outcomeOf(this.tus.cleanupFile(id));
  }

  @Post('cleanup')
  cleanup(): Promise<string> {
    return outcomeOf(this.tus.cleanup());
  }

  /** Answers once every other connection is gone, and whatever its client had begun is over. */
  @Get('quiet')
  async quiet(): Promise<string> {
    while (sockets.size > 1) await once(events, 'gone');
    // What came last before its connection went is on its way to its method.
    for (let turns = 0; turns < 3; turns++) await nextTurn();
    while (running > 1) await once(events, 'over');
    return 'done';
  }
}

/** Counts what runs for requests, also of clients that have left. */
@Injectable()
class RunningCounter implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    running++;
    return next.handle().pipe(
      finalize(() => {
        running--;
        events.emit('over');
      }),
    );
  }
}

function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: Error) => error.name,
  );
}

@Module({
  imports: [
    TusModule.forRoot({
      tmpFileDir: settings.tmpFileDir,
      cleanup: { every: false },
      registry,
      protocols: ['tus', 'ietf'],
    }),
  ],
  controllers: [ControlController],
  providers: [JournalKeeper, { provide: APP_INTERCEPTOR, useClass: RunningCounter }],
})
class FuzzModule {}

function watchSockets(app: INestApplication): void {
  (app.getHttpServer() as Server).on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      events.emit('gone');
    });
  });
}

await serve(settings.platform, FuzzModule, { configure: watchSockets });
