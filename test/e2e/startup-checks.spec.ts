import {
  All,
  Controller,
  Delete,
  Get,
  Injectable,
  Module,
  Patch,
  Post,
  Scope,
  Version,
  VersioningType,
} from '@nestjs/common';
import type {
  CallHandler,
  ExecutionContext,
  INestApplication,
  NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import { mkdtemp } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Observable } from 'rxjs';
import { TusEndpoint } from '../../lib/index.js';
import { isInMemory } from '../../lib/storage/index.js';
import { eventually, PLATFORMS, removeTempFolder, startApp } from '../support/index.js';
import type { StartAppOptions, TestApp } from '../support/index.js';

class Passing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

@Injectable()
class TimeoutInterceptor extends Passing {}

@Injectable({ scope: Scope.REQUEST })
class RequestTimeouts extends Passing {}

@Injectable()
class LoggingInterceptor extends Passing {}

function keepAlive(milliseconds: number): (app: INestApplication) => void {
  return (app) => {
    (app.getHttpServer() as Server).keepAliveTimeout = milliseconds;
  };
}

/** What this module logged at start, by level. */
function said(app: TestApp, ...levels: Parameters<TestApp['logs']['of']>[0][]): string[] {
  const lines = levels.flatMap((level) => app.logs.of(level));
  return lines.filter((line) => line.endsWith(' TusModule'));
}

const LOUD = ['log', 'warn', 'error', 'fatal'] as const;

/** Starts an app, lets it come to rest, and tells what it said above a whisper. */
async function warningsOf(options: StartAppOptions): Promise<string[]> {
  const app = await startApp(options);
  try {
    await eventually(() => expect(said(app, 'verbose').join()).toContain('nothing to recover'));
    await nextTurn();
    return said(app, ...LOUD);
  } finally {
    await app.close();
  }
}

async function expectWarnings(options: StartAppOptions, ...patterns: RegExp[]): Promise<void> {
  expect(await warningsOf(options)).toEqual(patterns.map((each) => expect.stringMatching(each)));
}

describe.each(PLATFORMS)('At its start on %s, the module', (platform) => {
  it('says nothing of an ordinary app', () => expectWarnings({ platform }));

  it.each<[string, number, StartAppOptions]>([
    ['mentions that an app has no ScheduleModule', 1, { platform }],
    ['mentions none where there is one', 0, { platform, imports: [ScheduleModule.forRoot()] }],
    ['mentions none without cleanup', 0, { platform, tus: { cleanup: { every: false } } }],
  ])('%s', async (_, times, options) => {
    const app = await startApp(options);
    const mentions = said(app, 'verbose').filter((line) => line.includes('no ScheduleModule'));
    await app.close();

    expect(mentions).toHaveLength(times);
  });

  it('warns of a global interceptor that looks like a time limit', () =>
    expectWarnings(
      {
        platform,
        configure: (app) =>
          void app.useGlobalInterceptors(new LoggingInterceptor(), new TimeoutInterceptor()),
      },
      /interceptor TimeoutInterceptor looks like a time limit.*routes of uploads/,
    ));

  it('warns of an interceptor that is provided and looks like a time limit, for each request too', () =>
    expectWarnings(
      {
        platform,
        providers: [
          { provide: APP_INTERCEPTOR, useClass: TimeoutInterceptor },
          { provide: APP_INTERCEPTOR, useClass: RequestTimeouts },
          { provide: APP_INTERCEPTOR, useClass: LoggingInterceptor },
        ],
      },
      /TimeoutInterceptor/,
      /RequestTimeouts/,
    ));

  it('warns of a server that closes connections before idleTimeout does', async () => {
    const limited = (timeout: number): StartAppOptions => ({
      platform,
      tus: { idleTimeout: 30 },
      configure: (app) => {
        (app.getHttpServer() as Server).timeout = timeout;
      },
    });

    await expectWarnings(limited(29_999), /imeout is 29999 ms, so .* idleTimeout of 30000 ms/);
    await expectWarnings(limited(30_000));
  });

  it.each([true, '10.0.0.0/8'])('warns of short connections behind the proxy %j', (trustProxy) =>
    expectWarnings(
      { platform, trustProxy, configure: keepAlive(59_999) },
      /trusts a proxy, .*keepAliveTimeout is 59999 ms.*keepAliveTimeout = 65_000/,
    ),
  );

  it.each<[string, Omit<StartAppOptions, 'platform'>]>([
    ['that are long enough', { trustProxy: true, configure: keepAlive(60_000) }],
    ['that are never closed', { trustProxy: true, configure: keepAlive(0) }],
    ['without a proxy', { configure: keepAlive(1000) }],
  ])('says nothing of connections %s', (_, options) => expectWarnings({ platform, ...options }));

  it('says nothing where the app sets keepAliveTimeout once it listens', async () => {
    const configure = keepAlive(1000);
    const app = await startApp({ platform, trustProxy: true, configure, listen: false });
    await app.nest.listen(0, app.host);
    keepAlive(65_000)(app.nest);
    await nextTurn();
    const warnings = said(app, 'warn').join();
    await app.close();

    expect(warnings).not.toContain('keepAliveTimeout');
  });

  it('exempts uploads from requestTimeout with no more than a whisper', async () => {
    const app = await startApp({
      platform,
      configure: (nest) => {
        (nest.getHttpServer() as Server).requestTimeout = 1234;
      },
    });

    expect(said(app, 'verbose').join()).toContain(
      'requestTimeout of 1234 ms holds for all requests but',
    );
    await app.close();
  });

  it('warns of the weakest durability in production', async () => {
    const weak: StartAppOptions = { platform, tus: { durability: 'none' } };
    const { NODE_ENV } = process.env;
    try {
      process.env.NODE_ENV = 'production';
      expect(await warningsOf(weak)).toEqual([
        expect.stringMatching(/durability is 'none' in production/),
      ]);
    } finally {
      process.env.NODE_ENV = NODE_ENV;
    }
    expect(await warningsOf(weak)).toEqual([]);
  });

  it('warns of a folder in memory, unless it is told that nothing need last', async () => {
    if (!(await isInMemory('/dev/shm'))) return;
    const tmpFileDir = await mkdtemp(join('/dev/shm', 'lost-with-the-machine-'));

    const warnings = await warningsOf({ platform, tmpFileDir });
    const consenting = await warningsOf({ platform, tmpFileDir, tus: { durability: 'none' } });
    await removeTempFolder(tmpFileDir);

    expect(warnings).toEqual([
      expect.stringMatching(/\/dev\/shm.* is in memory.*tmpFileDir on a disk/),
    ]);
    expect(consenting).toEqual([]);
  });
});

@Controller()
class Routes {
  @Get('files/:name')
  file(): void {}
}

@Controller()
class CatchAll {
  @Get('*path')
  page(): void {}
}

@Controller()
class AllBelow {
  @All('files/*rest')
  below(): void {}
}

@Controller()
class Creation {
  @Post('files')
  create(): void {}
}

@Controller('videos')
class Videos {
  @Patch(':video')
  update(): void {}

  @TusEndpoint()
  upload(): void {}

  @Get(':video')
  get(): void {}
}

@Controller()
class Harmless {
  @Get('files')
  list(): void {}

  @Get('files/latest')
  latest(): void {}

  @Get('files/:id/info')
  info(): void {}

  @Delete('files/:name')
  remove(): void {}

  @Version('2')
  @Get('files/:id')
  ofAnotherVersion(): void {}
}

@Controller()
class Wildcards {
  @Get('*')
  page(): void {}

  @All('files/*')
  below(): void {}
}

const TAKERS: [name: string, options: Partial<StartAppOptions>, warning: RegExp][] = [
  [
    'a route for GET, which answers HEAD',
    { controllers: [Routes] },
    /route "GET \/files\/:name" .* takes HEAD \/files\/:id from/,
  ],
  [
    'one that catches all',
    { controllers: [CatchAll] },
    /"GET \/\*path" .* takes HEAD \/files\/:id from/,
  ],
  [
    'one for all methods',
    { controllers: [AllBelow] },
    /"ALL \/files\/\*rest" .* takes HEAD \/files\/:id, PATCH \/files\/:id from/,
  ],
  [
    'one on the path of creations',
    { controllers: [Creation] },
    /"POST \/files" .* takes POST \/files from/,
  ],
  [
    'one on the path of an endpoint',
    { controllers: [Videos] },
    /"PATCH \/videos\/:video" .* takes PATCH \/videos\/:uploadId from/,
  ],
  [
    'one below a prefix with parameters',
    { controllers: [Routes], configure: (app) => void app.setGlobalPrefix(':tenant') },
    /"GET \/:tenant\/files\/:name" .* takes HEAD \/:tenant\/files\/:id from/,
  ],
];

@Module({ controllers: [Routes, CatchAll, AllBelow, Creation] })
class LaterModule {}

describe('At its start on express, the module', () => {
  it.each(TAKERS)('warns of %s and comes first', (_name, options, warning) =>
    expectWarnings({ platform: 'express', ...options }, warning),
  );

  it('says nothing of routes that come after', () =>
    expectWarnings({ platform: 'express', imports: [LaterModule] }));

  it('says nothing of routes that take nothing of uploads', () =>
    expectWarnings({
      platform: 'express',
      controllers: [Harmless],
      configure: (app) =>
        void app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    }));
});

describe('At its start on fastify, the module', () => {
  it('says nothing of routes that come first, for they take nothing', () =>
    expectWarnings({ platform: 'fastify', controllers: [Wildcards] }));

  it('warns of handlerTimeout', () =>
    expectWarnings(
      { platform: 'fastify', adapter: new FastifyAdapter({ handlerTimeout: 90_000 }) },
      /^handlerTimeout is 90000 ms: uploads that take longer are cut off/,
    ));

  it('warns of a short connectionTimeout by its name', () =>
    expectWarnings(
      { platform: 'fastify', adapter: new FastifyAdapter({ connectionTimeout: 5000 }) },
      /^connectionTimeout is 5000 ms/,
    ));
});

describe('Where a file system lies in memory', () => {
  it('is not known of a folder that is not there', async () => {
    expect(await isInMemory('/no/such/folder')).toBe(false);
  });
});
