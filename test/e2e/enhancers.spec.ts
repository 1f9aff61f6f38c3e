import {
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
} from '@nestjs/common';
import type {
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  MiddlewareConsumer,
  NestInterceptor,
  NestModule,
  PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { catchError, map, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { TusController, TusEndpoint, TusException, TusModule } from '../../lib/index.js';
import {
  OCTETS,
  PLATFORMS,
  TUS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listOf,
  offsetOf,
  patch,
  post,
  rawHead,
  storedBytes,
  terminate,
  useApp,
} from '../support/index.js';
import type {
  CreatedUpload,
  HttpResponse,
  PlatformName,
  StartAppOptions,
  TestApp,
} from '../support/index.js';
import { Calls } from '../support/calls.js';

const MEGABYTE = 1024 * 1024;

interface AnyRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly url: string;
  readonly method: string;
  user?: { readonly id: string };
}

/** The users an app knows, by their token. */
@Injectable()
class Users {
  byToken(token = ''): { id: string } | undefined {
    return token.startsWith('Bearer ') ? { id: token.slice(7) } : undefined;
  }
}

@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

/** Refuses with the platform's 403 whoever has no token, after it looked the user up. */
@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly users: Users) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AnyRequest>();
    await nextTurn();
    request.user = this.users.byToken(request.headers.authorization);
    return request.user !== undefined;
  }
}

const asUser = (id: string) => ({ Authorization: `Bearer ${id}` });

/** Expects that an answer of somebody else is one that browsers and tus clients can read. */
function expectReadable(response: Pick<HttpResponse, 'all'>, origin: string): void {
  expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
  expect(response.all('Access-Control-Allow-Origin')).toEqual([origin]);
  expect(listOf(response.all('Access-Control-Expose-Headers')[0])).toContain('Upload-Offset');
}

const guards: [string, (platform: PlatformName) => () => TestApp][] = [
  [
    'a global guard',
    (platform) =>
      useApp({
        platform,
        imports: [UsersModule],
        providers: [{ provide: APP_GUARD, useClass: TokenGuard }],
        configure: (nest) => nest.enableCors(),
      }),
  ],
  [
    'a guard of the decorators option',
    (platform) =>
      useApp({
        platform,
        tus: { decorators: [UseGuards(TokenGuard)], imports: [UsersModule] },
        configure: (nest) => nest.enableCors(),
      }),
  ],
];

describe.each(PLATFORMS)('guards on %s', (platform) => {
  describe.each(guards)('%s', (_name, use) => {
    const app = use(platform);
    const origin = { Origin: 'https://app.example' };
    let upload: CreatedUpload;
    beforeAll(async () => {
      upload = await create(app(), { length: 50 * MEGABYTE, headers: asUser('ada') });
    });

    it('lets pass whom it knows, with all bytes', async () => {
      const content = Buffer.alloc(3 * MEGABYTE, 'abc');
      const other = await create(app(), { length: content.length, headers: asUser('ada') });

      const response = await patch(app(), other, { body: content, headers: asUser('ada') });

      expect(response.status).toBe(204);
      expect((await storedBytes(app(), other)).equals(content)).toBe(true);
    });

    it('refuses everyone else, readably', async () => {
      const refusals = [
        await post(app(), { length: 5, headers: origin }),
        await head(app(), upload, origin),
        await patch(app(), upload, { body: 'hello', headers: origin }),
        await terminate(app(), upload, origin),
        await app().request({ path: upload.path, headers: origin }),
      ];

      for (const response of refusals) {
        expect(response.status).toBe(403);
        expectReadable(response, '*');
      }
      expect((await app().tus.find(upload.id))?.state).toBe('receiving');
    });

    it('does not stand in the way of OPTIONS', async () => {
      const discovery = await app().request({ method: 'OPTIONS', path: '/files' });
      const preflight = await app().request({
        method: 'OPTIONS',
        path: upload.path,
        headers: { ...origin, 'Access-Control-Request-Method': 'PATCH' },
      });

      expect(discovery.status).toBe(204);
      expect(discovery.headers['tus-version']).toBe('1.0.0');
      expect(preflight.status).toBe(204);
      expect(listOf(preflight.headers['access-control-allow-methods'])).toContain('PATCH');
    });

    it('ends the connection of a client that is sending 50 MB', async () => {
      const accepted = once(app().nest.getHttpServer() as Server, 'connection');
      const connection = await app().connect();
      const [socket] = (await accepted) as [Socket];
      const lines = [
        'Tus-Resumable: 1.0.0',
        `Content-Type: ${OCTETS}`,
        'Upload-Offset: 0',
        `Content-Length: ${50 * MEGABYTE}`,
      ];

      await connection.write(rawHead('PATCH', upload.path, lines));
      for (let sent = 0; sent < 50; sent++) await connection.write(Buffer.alloc(MEGABYTE));
      await connection.closed;

      expect(socket.bytesRead).toBeLessThan(25 * MEGABYTE);
      expect((await app().tus.find(upload.id))?.offset).toBe(0);
    });

    it('refuses 50 MB before they are sent', async () => {
      const connection = await app().connect();
      const lines = ['Tus-Resumable: 1.0.0', `Content-Length: ${50 * MEGABYTE}`];

      await connection.write(rawHead('PATCH', upload.path, [...lines, 'Upload-Offset: 0']));
      const response = await connection.response();
      await connection.closed;

      expect(response.status).toBe(403);
      expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
      expect(response.all('Connection')).toEqual(['close']);
    });
  });
});

describe.each(PLATFORMS)('the owner on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      decorators: [UseGuards(TokenGuard)],
      imports: [UsersModule],
      owner: (request) => (request as AnyRequest).user?.id,
    },
  });

  it('is the user a guard has put on the request', async () => {
    const upload = await create(app(), { length: 5, body: 'hello', headers: asUser('ada') });

    expect((await app().finished.of(upload.id)).owner).toBe('ada');
    expect((await app().tus.list({ owner: 'ada' })).items.map(({ id }) => id)).toContain(upload.id);
    expect((await app().tus.list({ owner: 'bob' })).items).toEqual([]);
  });

  it('may go on with an upload', async () => {
    const upload = await create(app(), { length: 5, headers: asUser('ada') });

    expect((await patch(app(), upload, { body: 'hell', headers: asUser('ada') })).status).toBe(204);
    expect((await head(app(), upload, asUser('ada'))).headers['upload-offset']).toBe('4');
    expect((await terminate(app(), upload, asUser('ada'))).status).toBe(204);
    expectHeadRefused(await head(app(), upload, asUser('ada')), 410);
  });

  it('does not know another’s upload, in no state of it', async () => {
    const receiving = await create(app(), { length: 5, headers: asUser('ada') });
    const finished = await create(app(), { length: 5, body: 'hello', headers: asUser('ada') });
    const terminated = await create(app(), { length: 5, headers: asUser('ada') });
    await terminate(app(), terminated, asUser('ada'));

    for (const upload of [receiving, finished, terminated]) {
      expectHeadRefused(await head(app(), upload, asUser('bob')), 404);
      const appended = await patch(app(), upload, { body: 'hello', headers: asUser('bob') });
      expectRefused(appended, 404);
      expect(appended.headers['upload-expires']).toBeUndefined();
      expectRefused(await terminate(app(), upload, asUser('bob')), 404);
    }
    expect((await app().tus.find(receiving.id))?.offset).toBe(0);
    expect((await app().tus.find(receiving.id))?.state).toBe('receiving');
    expect((await app().tus.find(finished.id))?.state).toBe('finished');
  });

  it('does not interrupt the append of another', async () => {
    const upload = await create(app(), { length: 10, headers: asUser('ada') });
    const connection = await app().connect();
    const lines = [
      'Tus-Resumable: 1.0.0',
      `Content-Type: ${OCTETS}`,
      'Upload-Offset: 0',
      'Content-Length: 10',
      'Authorization: Bearer ada',
    ];
    await connection.write(`${rawHead('PATCH', upload.path, lines)}hello`);
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    expectHeadRefused(await head(app(), upload, asUser('bob')), 404);
    await connection.write('world');

    expect((await connection.response()).status).toBe(204);
  });
});

describe.each(PLATFORMS)('an owner function that throws on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      owner: (request) => {
        const { authorization } = (request as AnyRequest).headers;
        if (authorization === undefined) throw new UnauthorizedException('Who are you?');
        if (authorization === 'bug') throw new Error('secret detail');
        return Promise.resolve(authorization);
      },
    },
  });

  it('refuses with the status of its HttpException', async () => {
    const response = await post(app(), { length: 5 });

    expect(response.status).toBe(401);
    expect(response.headers['tus-resumable']).toBe('1.0.0');
    expect(response.text).toContain('Who are you?');
    expect((await app().tus.list()).items).toEqual([]);
  });

  it('fails with 500 and a line in the log for any other error', async () => {
    const response = await post(app(), { length: 5, headers: { Authorization: 'bug' } });

    expectRefused(response, 500);
    expect(response.text).not.toContain('secret');
    expect(app().logs.errors().join()).toContain('secret detail');
  });
});

/** Remembers which handlers requests came to, by the names that throttlers and tracers have. */
@Injectable()
class Naming implements NestInterceptor {
  readonly names = new Set<string>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.names.add(`${context.getClass().name}.${context.getHandler().name}`);
    return next.handle();
  }
}

@Controller('own')
class OwnTusController extends TusController {}

@Controller('videos')
class VideosController {
  @TusEndpoint('long')
  take(): void {}

  @TusEndpoint('short')
  takeShort(): void {}
}

describe.each(PLATFORMS)('the throttler, on %s,', (platform) => {
  const limited = (options: Partial<StartAppOptions>): StartAppOptions => ({
    platform,
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    configure: (app) => app.enableCors(),
    ...options,
  });
  const limits = () => ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }]);
  const counted = useApp(limited({ imports: [limits()] }));
  const exempt = useApp(limited({ imports: [limits()], tus: { decorators: [SkipThrottle()] } }));
  const several = useApp(
    limited({
      imports: (folder) => [
        limits(),
        TusModule.forRoot({ name: 'avatars', uploadPath: '/avatars', tmpFileDir: `${folder}-a` }),
      ],
      controllers: [VideosController],
    }),
  );

  it('refuses readably', async () => {
    const app = counted();
    const headers = { Origin: 'https://app.example' };
    await create(app, { length: 5, headers });
    await create(app, { length: 5, headers });

    const refused = await post(app, { length: 5, headers });

    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expectReadable(refused, '*');
  });

  it('does not count chunks where decorators skip it', async () => {
    const app = exempt();
    const upload = await create(app, { length: 10 });

    for (let offset = 0; offset < 10; offset++) {
      expect((await patch(app, upload, { offset, body: 'x' })).status).toBe(204);
    }
  });

  it('counts each verb of each place apart', async () => {
    const app = several();
    for (const path of ['/files', '/avatars', '/videos/long', '/videos/short']) {
      const upload = await create(app, { path, length: 10 });
      const statuses = [
        (await head(app, upload)).status,
        (await patch(app, upload, { body: 'hello' })).status,
        (await head(app, upload)).status,
        (await patch(app, upload, { offset: 5, body: ' ' })).status,
        (await terminate(app, upload)).status,
        (await post(app, { path, length: 5 })).status,
      ];

      expect(statuses).toEqual([200, 204, 200, 204, 204, 201]);
      expect((await post(app, { path, length: 5 })).status).toBe(429);
    }
  });
});

describe.each(PLATFORMS)('What tools know handlers by on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { download: true },
    imports: (folder) => [
      TusModule.forRoot({ name: 'avatars', uploadPath: '/avatars', tmpFileDir: `${folder}-a` }),
      TusModule.forRoot({
        name: 'own_2',
        uploadPath: '/own',
        tmpFileDir: `${folder}-o`,
        controller: OwnTusController,
      }),
    ],
    controllers: [VideosController],
    providers: [Naming, { provide: APP_INTERCEPTOR, useExisting: Naming }],
  });

  /** The names of the handlers that a whole upload and a terminated one come to. */
  async function namesAt(path: string): Promise<string[]> {
    const { names } = app().nest.get(Naming);
    names.clear();
    const upload = await create(app(), { path, length: 5 });
    await head(app(), upload);
    await patch(app(), upload, { body: 'hello' });
    await app().request({ path: upload.path });
    await terminate(app(), upload);
    return [...names];
  }

  it.each([
    ['/files', 'TusController'],
    ['/avatars', 'AvatarsTusController'],
    ['/own', 'Own2OwnTusController'],
  ])('is an instance and a verb, at %s', async (path, name) => {
    const verbs = ['post', 'head', 'patch', 'get', 'delete'];

    expect(await namesAt(path)).toEqual(verbs.map((verb) => `${name}.${verb}`));
  });

  it.each([
    ['/videos/long', 'take'],
    ['/videos/short', 'takeShort'],
  ])('is a method and a verb, at the endpoint %s', async (path, method) => {
    expect(await namesAt(path)).toEqual(
      [method, `${method}_HEAD`, `${method}_PATCH`, `${method}_DELETE`].map(
        (name) => `VideosController.${name}`,
      ),
    );
  });

  it('is the same class wherever Nest shows it', () => {
    const mapped = app().logs.of('log').join('\n');

    expect(mapped).toContain('AvatarsTusController {/avatars}');
    expect(mapped).toContain('TusController {/files}');
  });
});

/** What an interceptor saw of a request. */
interface Seen {
  readonly method: string;
  readonly outcome: unknown;
}

@Injectable()
class Mapping implements NestInterceptor {
  readonly seen = new Calls<Seen>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = context.switchToHttp().getRequest<AnyRequest>();
    return next.handle().pipe(
      map((outcome: unknown) => {
        this.seen.add({ method, outcome });
        return { data: outcome, added: 'by the interceptor' };
      }),
      catchError((outcome: unknown) => {
        this.seen.add({ method, outcome });
        return throwError(() => outcome);
      }),
    );
  }
}

@Controller('mapped')
class MappedController {
  @Get()
  get(): string {
    return 'plain';
  }
}

describe.each(PLATFORMS)('interceptors on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [MappedController],
    providers: [Mapping, { provide: APP_INTERCEPTOR, useExisting: Mapping }],
  });
  const seen = (): readonly Seen[] => app().nest.get(Mapping).seen.all;

  it('that map results cannot change what clients of the protocol get', async () => {
    const created = await create(app(), { length: 10, body: 'hello' });
    const asked = await head(app(), created);
    const appended = await patch(app(), created, { offset: 5, body: 'worl' });
    const deleted = await terminate(app(), created);
    const mapped = await app().request({ path: '/mapped' });

    expect([created.response, asked, appended, deleted].map(({ status }) => status)).toEqual([
      201, 200, 204, 204,
    ]);
    expect([created.response, asked, appended, deleted].map(({ text }) => text)).toEqual([
      '',
      '',
      '',
      '',
    ]);
    expect(asked.headers['upload-offset']).toBe('5');
    expect(JSON.parse(mapped.text)).toEqual({ data: 'plain', added: 'by the interceptor' });
  });

  it('see refusals as exceptions with their status', async () => {
    const upload = await create(app(), { length: 10 });
    const before = seen().length;

    await patch(app(), upload, { offset: 3, body: 'x' });
    await patch(app(), upload, { body: 'x', headers: { 'Content-Type': 'text/plain' } });
    await head(app(), { path: `/files/${'0'.repeat(32)}` });
    await patch(app(), upload, { body: 'x', headers: { 'Tus-Resumable': '0.2.0' } });

    const outcomes = seen()
      .slice(before)
      .map(({ outcome }) => outcome);
    for (const outcome of outcomes) {
      expect(outcome).toBeInstanceOf(HttpException);
      expect(outcome).toBeInstanceOf(TusException);
    }
    expect(outcomes.map((outcome) => (outcome as TusException).getStatus())).toEqual([
      409, 415, 404, 412,
    ]);
  });

  it('see the end of an append, and not before it', async () => {
    const upload = await create(app(), { length: 10 });
    const before = seen().length;
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      `${rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10'])}hello`,
    );
    await app().request({ path: '/mapped' });
    const during = seen().slice(before).length;
    await connection.write('world');
    await connection.response();

    expect(during).toBe(1);
    expect(
      seen()
        .slice(before)
        .map(({ method }) => method),
    ).toEqual(['GET', 'PATCH']);
  });
});

describe.each(PLATFORMS)('an interceptor of the decorators option on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [MappedController],
    tus: { decorators: [UseInterceptors(Mapping)] },
  });

  it('is applied to uploads and to nothing else', async () => {
    const upload = await create(app(), { length: 5 });

    expect(await offsetOf(app(), upload)).toBe(0);
    expect((await app().request({ path: '/mapped' })).text).toBe('plain');
  });
});

@Catch()
class CatchAll implements ExceptionFilter {
  readonly caught = new Calls<unknown>();

  constructor(private readonly host: HttpAdapterHost) {}

  catch(exception: unknown, context: ArgumentsHost): void {
    this.caught.add(exception);
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    this.host.httpAdapter.reply(
      context.switchToHttp().getResponse<object>(),
      { filtered: true },
      status,
    );
  }
}

describe.each(PLATFORMS)('a global filter for everything on %s', (platform) => {
  const app = useApp({
    platform,
    imports: [UsersModule],
    providers: [
      CatchAll,
      { provide: APP_FILTER, useExisting: CatchAll },
      { provide: APP_GUARD, useClass: TokenGuard },
    ],
  });

  it('answers the refusals of guards', async () => {
    const response = await post(app(), { length: 5 });

    expect(response.status).toBe(403);
    expect(JSON.parse(response.text)).toEqual({ filtered: true });
    expect(response.headers['tus-resumable']).toBe('1.0.0');
  });

  it('leaves those of the protocol as clients know them', async () => {
    const upload = await create(app(), { length: 5, headers: asUser('ada') });
    const caught = app().nest.get(CatchAll).caught.all.length;

    expectRefused(
      await patch(app(), upload, { offset: 3, body: 'x', headers: asUser('ada') }),
      409,
    );
    expectRefused(await post(app(), { length: -1, headers: asUser('ada') }), 400);
    expect(app().nest.get(CatchAll).caught.all).toHaveLength(caught);
  });
});

describe.each(PLATFORMS)('a filter of the decorators option on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { decorators: [UseFilters(CatchAll), UseGuards(TokenGuard)], imports: [UsersModule] },
  });

  it('answers the refusals of guards', async () => {
    const refused = await post(app(), { length: 5 });

    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toEqual({ filtered: true });
    expect(refused.headers['tus-resumable']).toBe('1.0.0');
  });
});

/** Refuses every value it is given, as a strict validation would. */
@Injectable()
class StrictPipe implements PipeTransform {
  transform(): never {
    throw new HttpException('Nothing is valid.', 422);
  }
}

describe.each(PLATFORMS)('a global pipe on %s', (platform) => {
  const app = useApp({
    platform,
    providers: [{ provide: APP_PIPE, useClass: StrictPipe }],
    configure: (nest) =>
      void nest.useGlobalPipes(
        new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
      ),
  });

  it('has nothing to say about uploads', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect((await head(app(), upload)).headers['upload-offset']).toBe('10');
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });
});

@Module({})
class WaitingMiddlewareModule implements NestModule {
  static readonly seen = new Calls<string>();

  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(async (request: IncomingMessage, response: ServerResponse, next: () => void) => {
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        WaitingMiddlewareModule.seen.add(request.method ?? '');
        response.setHeader('X-Middleware', 'was here');
        next();
      })
      .forRoutes('files', 'files/*rest');
  }
}

describe.each(PLATFORMS)('middleware that waits on %s', (platform) => {
  const app = useApp({ platform, imports: [WaitingMiddlewareModule] });

  it('leaves bodies whole', async () => {
    const content = Buffer.alloc(2 * MEGABYTE, 'middleware');
    const upload = await create(app(), { length: content.length * 2, body: content });

    const response = await patch(app(), upload, { offset: content.length, body: [content] });

    expect(response.status).toBe(204);
    expect(response.headers['x-middleware']).toBe('was here');
    expect((await storedBytes(app(), upload)).equals(Buffer.concat([content, content]))).toBe(true);
    expect(WaitingMiddlewareModule.seen.all).toEqual(expect.arrayContaining(['POST', 'PATCH']));
  });

  it('sees the method that a request means', async () => {
    const upload = await create(app(), { length: 5 });
    const before = WaitingMiddlewareModule.seen.all.length;

    const response = await app().request({
      method: 'POST',
      path: upload.path,
      headers: { ...TUS, 'X-HTTP-Method-Override': 'DELETE' },
    });

    expect(response.status).toBe(204);
    expect(new Set(WaitingMiddlewareModule.seen.all.slice(before))).toEqual(new Set(['DELETE']));
  });
});
