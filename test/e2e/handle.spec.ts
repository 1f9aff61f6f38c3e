import {
  All,
  Controller,
  Delete,
  ForbiddenException,
  Head,
  Injectable,
  Module,
  Patch,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { CanActivate, ExecutionContext, MiddlewareConsumer, NestModule } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as tus from 'tus-js-client';
import { BeforeUploadCreate, BeforeUploadFinish, TusService } from '../../lib/index.js';
import type {
  CompleteUpload,
  FinishAnswer,
  HandledRequest,
  PlatformRequest,
  PlatformResponse,
  UploadDraft,
} from '../../lib/index.js';
import {
  OCTETS,
  PLATFORMS,
  TUS,
  create,
  expectHeadRefused,
  expectRefused,
  head,
  listOf,
  offsetOf,
  patch,
  post,
  rawHead,
  startApp,
  storedBytes,
  terminate,
  useApp,
} from '../support/index.js';
import type { PlatformName, StartAppOptions, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';

const onFastify = (app: TestApp['nest']): NestFastifyApplication => app as NestFastifyApplication;

const rawFastify = (app: TestApp['nest']): FastifyApp =>
  onFastify(app).getHttpAdapter().getInstance() as unknown as FastifyApp;

/** What came of the requests that were handed over. */
@Injectable()
class Handled extends Calls<HandledRequest> {
  /** Uploads that were said to be finished. */
  get finished(): string[] {
    return this.all.flatMap(({ upload }) => (upload ? [upload.id] : []));
  }
}

@Controller('own')
class OwnController {
  constructor(
    private readonly service: TusService,
    private readonly handled: Handled,
  ) {}

  @All(['', ':id'])
  async upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    this.handled.add(await this.service.handle(request, response));
  }
}

/** Hands over in middleware what would find no route. */
@Module({ providers: [Handled], exports: [Handled] })
class MiddlewareModule implements NestModule {
  constructor(
    private readonly service: TusService,
    private readonly handled: Handled,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.service.handle(request, response).then((handled) => this.handled.add(handled));
    };
    consumer.apply(handle).forRoutes('own', 'own/*id');
  }
}

/** Refuses, changes or fails, as the file's name says. */
@Injectable()
class NameHooks {
  @BeforeUploadCreate()
  create({ filename }: UploadDraft): void {
    if (filename === 'forbidden') throw new ForbiddenException('Not yours.');
    if (filename === 'fault') throw new Error('fault at creation');
  }

  @BeforeUploadFinish()
  finish({ filename }: CompleteUpload): FinishAnswer | undefined {
    if (filename === 'virus') throw new ForbiddenException('A virus.');
    return filename === 'answered' ? { status: 202, body: { taken: true } } : undefined;
  }
}

/** An app that hands the path `/own` over to the service. */
type Way = [name: string, platform: PlatformName, options: Omit<StartAppOptions, 'platform'>];

const inMiddleware: Omit<StartAppOptions, 'platform'> = {
  tus: { isGlobal: true },
  imports: [MiddlewareModule],
  providers: [NameHooks],
};

function mount(nest: TestApp['nest']): void {
  const handled = nest.get(Handled);
  const service = nest.get(TusService, { strict: false });
  (nest as NestExpressApplication).use(
    '/own',
    (request: IncomingMessage, response: ServerResponse) => {
      void service.handle(request, response).then((result) => handled.add(result));
    },
  );
}

const WAYS: Way[] = PLATFORMS.flatMap(([platform]): Way[] => [
  [
    `a route on ${platform}`,
    platform,
    { controllers: [OwnController], providers: [Handled, NameHooks] },
  ],
  [`Nest middleware on ${platform}`, platform, inMiddleware],
  [
    `mounted middleware on ${platform}`,
    platform,
    { providers: [Handled, NameHooks], configure: mount },
  ],
]);

describe.each(WAYS)('TusService.handle() in %s', (_name, platform, options) => {
  const app = useApp({ platform, ...options });
  const handled = () => app().nest.get(Handled, { strict: false });
  const createOwn = (length?: number, metadata = {}) =>
    create(app(), { path: '/own', length, metadata });

  it('serves all verbs', async () => {
    const upload = await createOwn(10);
    expect(upload.location).toBe(`/own/${upload.id}`);

    const first = await patch(app(), upload, { body: 'hello' });
    const asked = await head(app(), upload);
    const second = await patch(app(), upload, { offset: 5, body: 'world' });
    const options = await app().request({ method: 'OPTIONS', path: '/own' });
    const other = await createOwn();

    expect([first.status, asked.status, second.status]).toEqual([204, 200, 204]);
    expect(asked.headers).toMatchObject({ 'upload-offset': '5', 'upload-length': '10' });
    expect(asked.headers['cache-control']).toBe('no-store');
    expect(second.headers).toMatchObject({ 'upload-offset': '10', 'tus-resumable': '1.0.0' });
    expect([options.status, options.headers['tus-version']]).toEqual([204, '1.0.0']);
    expect((await terminate(app(), other)).status).toBe(204);
    expectHeadRefused(await head(app(), other), 410);
  });

  it('tells of a finished upload once', async () => {
    const upload = await createOwn(10, { filename: 'a.txt' });
    const calls = handled().all.length;
    await patch(app(), upload, { body: 'hello' });
    await patch(app(), upload, { offset: 5, body: 'world' });
    await patch(app(), upload, { offset: 10 });
    await head(app(), upload);

    const results = (await handled().atLeast(calls + 4)).slice(calls);
    expect(results.map(({ uploadFinished }) => uploadFinished)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(results[0]).toEqual({ uploadFinished: false });
    expect(results[1]!.upload).toMatchObject({
      id: upload.id,
      size: 10,
      filename: 'a.txt',
      metadata: { filename: 'a.txt' },
    });
    expect(await readFile(results[1]!.upload!.path, 'utf8')).toBe('helloworld');
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });

  it('tells of an upload that its creation has finished', async () => {
    const { id } = await create(app(), { path: '/own', length: 5, body: 'hello' });
    const empty = await createOwn(0);

    await handled().first(({ upload }) => upload?.id === empty.id);
    expect(handled().finished.filter((each) => each === id)).toHaveLength(1);
  });

  it('lets the file be cleaned up, and the client hear that all is there', async () => {
    const upload = await createOwn(5);
    await patch(app(), upload, { body: 'hello' });
    await handled().first(({ upload: told }) => told?.id === upload.id);

    await app().tus.cleanupFile(upload.id);

    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await patch(app(), upload, { offset: 5 })).status).toBe(204);
    expect(handled().finished.filter((id) => id === upload.id)).toHaveLength(1);
  });

  it.each([
    ['POST', 'PATCH'],
    ['POST', 'DELETE'],
    ['PATCH', 'DELETE'],
    ['DELETE', 'HEAD'],
    ['GET', 'OPTIONS'],
  ])('refuses %s with X-HTTP-Method-Override: %s, which routing has not seen', async (...names) => {
    const [method, meant] = names;
    const upload = await createOwn(5);

    const response = await app().request({
      method,
      path: upload.path,
      headers: {
        ...TUS,
        'X-HTTP-Method-Override': meant,
        ...(method !== 'GET' && { 'Content-Type': OCTETS, 'Upload-Offset': '0' }),
      },
      body: method === 'GET' ? undefined : 'hello',
    });

    expectRefused(response, 400);
    expect(response.text).toContain('X-HTTP-Method-Override');
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('takes an X-HTTP-Method-Override that names the method it is', async () => {
    const upload = await createOwn(5);
    const headers = { 'X-HTTP-Method-Override': 'PATCH' };

    expect((await patch(app(), upload, { body: 'hello', headers })).status).toBe(204);
  });

  it('refuses as the upload path does', async () => {
    const upload = await createOwn(5);

    expectRefused(await patch(app(), upload, { offset: 3, body: 'hello' }), 409);
    expectRefused(await patch(app(), upload, { headers: { 'Tus-Resumable': '0.2.2' } }), 412);
    expectRefused(
      await patch(app(), upload, { body: 'a', headers: { 'Upload-Offset': 'x' } }),
      400,
    );
    expectRefused(await patch(app(), { path: `/own/${'0'.repeat(32)}` }, { body: 'a' }), 404);
    expectRefused(await post(app(), { path: '/own', headers: { 'Upload-Length': 'x' } }), 400);
    expectRefused(await app().request({ method: 'PUT', path: upload.path, headers: TUS }), 405);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('refuses a body that is too long before it is sent, and closes the connection', async () => {
    const upload = await createOwn(5);
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];

    await connection.write(
      rawHead('PATCH', upload.path, [...lines, `Content-Length: ${100 * 1024 * 1024}`]),
    );
    const response = await connection.response();
    await connection.closed;

    expectRefused(response, 413);
    expect(response.all('Connection')).toEqual(['close']);
    expect(response.header('Upload-Expires')).toBeDefined();
  });

  it('answers what hooks throw in their words', async () => {
    const forbidden = await post(app(), {
      path: '/own',
      length: 5,
      metadata: { filename: 'forbidden' },
    });
    const virus = await createOwn(5, { filename: 'virus' });
    const refused = await patch(app(), virus, { body: 'hello' });
    const again = await patch(app(), virus, { offset: 5 });

    expect(forbidden.status).toBe(403);
    expect(forbidden.headers['tus-resumable']).toBe('1.0.0');
    expect(JSON.parse(forbidden.text)).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message: 'Not yours.',
    });
    for (const response of [refused, again]) {
      expect(response.status).toBe(403);
      expect(response.headers['content-type']).toMatch(/^application\/json\b/);
      expect(JSON.parse(response.text)).toMatchObject({ message: 'A virus.' });
    }
    expect(handled().finished).not.toContain(virus.id);
  });

  it('answers with what a hook adds', async () => {
    const upload = await createOwn(5, { filename: 'answered' });
    const answer = await patch(app(), upload, { body: 'hello' });
    const again = await patch(app(), upload, { offset: 5 });

    for (const { status, text } of [answer, again]) {
      expect([status, text]).toEqual([202, '{"taken":true}']);
    }
  });

  it('answers a fault with 500, and logs it once', async () => {
    const before = app().logs.errors().length;
    const response = await post(app(), {
      path: '/own',
      length: 5,
      metadata: { filename: 'fault' },
    });

    expectRefused(response, 500);
    expect(response.text).not.toContain('fault at creation');
    const logged = app().logs.errors().slice(before);
    const lines = logged.filter((line) => line.includes('failed on POST'));
    expect(lines).toEqual([expect.stringContaining('fault at creation')]);
  });

  it('does not mind a client that leaves', async () => {
    const upload = await createOwn(10);
    const calls = handled().all.length;
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      `${rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10'])}hello`,
    );
    connection.destroy();

    const results = await handled().atLeast(calls + 1);
    expect(results.at(-1)).toEqual({ uploadFinished: false });
    expect(await offsetOf(app(), upload)).toBeLessThanOrEqual(5);
  });

  it('serves tus-js-client', async () => {
    const content = Buffer.alloc(500_000, 'abc');
    const url = await new Promise<string>((resolve, reject) => {
      const client = new tus.Upload(content, {
        endpoint: `${app().url}/own`,
        chunkSize: 200_000,
        onError: reject,
        onSuccess: () => resolve(client.url ?? ''),
      });
      client.start();
    });

    const { upload } = await handled().first(({ upload: told }) => url.endsWith(told?.id ?? '-'));
    expect((await readFile(upload!.path)).equals(content)).toBe(true);
  });
});

/** Lets everyone but an administrator do everything but to delete. */
@Injectable()
class DeletionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return method !== 'DELETE' || headers['x-user'] === 'admin';
  }
}

/** A route for all verbs, whose guard looks at the method. */
@Controller('guarded')
class GuardedController extends OwnController {
  @UseGuards(DeletionGuard)
  @All(['', ':id'])
  override upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }
}

/** A route for each verb, of which one has a guard. */
@Controller('split')
class SplitController extends OwnController {
  @Patch(':id')
  override upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }

  @Post()
  post(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }

  @UseGuards(DeletionGuard)
  @Delete(':id')
  terminate(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }

  @Head(':id')
  status(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }
}

/** Applies the override where everything after it sees the method, as an app may. */
function applyOverride(request: IncomingMessage, _response: ServerResponse, next: () => void) {
  const { method } = request;
  request.method = request.headers['x-http-method-override']?.toString() ?? method;
  next();
}

describe.each(PLATFORMS)('A guard before TusService.handle() on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [GuardedController, SplitController],
    providers: [Handled],
  });
  const override = { 'X-HTTP-Method-Override': 'DELETE' };

  it.each([
    ['guarded', 'PATCH'],
    ['guarded', 'GET'],
    ['guarded', 'POST'],
    ['split', 'PATCH'],
  ])('is not got around on /%s by %s with X-HTTP-Method-Override', async (path, method) => {
    const upload = await create(app(), { path: `/${path}`, length: 5 });
    const attempt = { method, path: upload.path, headers: { ...TUS, ...override } };

    expectRefused(await app().request(attempt), 400);
    expect((await terminate(app(), upload)).status).toBe(403);
    expect((await head(app(), upload)).status).toBe(200);
    expect((await terminate(app(), upload, { 'X-User': 'admin' })).status).toBe(204);
  });
});

describe('An app on express that applies X-HTTP-Method-Override before routing', () => {
  const app = useApp({
    platform: 'express',
    controllers: [GuardedController],
    providers: [Handled],
    configure: (nest) => void nest.use(applyOverride),
  });

  it('has it on its own route, where its guard sees the method', async () => {
    const upload = await create(app(), { path: '/guarded', length: 5 });
    const headers = { ...TUS, 'X-HTTP-Method-Override': 'DELETE' };
    const attempt = { method: 'POST', path: upload.path, headers };

    expect((await app().request(attempt)).status).toBe(403);
    expect((await head(app(), upload)).status).toBe(200);
    const asAdmin = { ...attempt, headers: { ...headers, 'X-User': 'admin' } };
    expect((await app().request(asAdmin)).status).toBe(204);
  });
});

describe.each(PLATFORMS)('TusService.handle() in an app with enableCors() on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [OwnController],
    providers: [Handled],
    configure: (nest) => nest.enableCors(),
  });

  it('lets pages read its answers', async () => {
    const headers = { Origin: 'https://app.example' };
    const { response } = await create(app(), { path: '/own', length: 5, headers });

    expect(response.headers['access-control-allow-origin']).toBe('*');
    expect(listOf(response.headers['access-control-expose-headers'])).toContain('Location');
  });
});

describe.each(PLATFORMS)('TusService.handle() behind a proxy on %s', (platform) => {
  const ways: [string, Omit<StartAppOptions, 'platform'>][] = [
    ['a route', { controllers: [OwnController], providers: [Handled] }],
    ['Nest middleware', { imports: [MiddlewareModule] }],
  ];
  const headers = { 'X-Forwarded-Host': 'cdn.example', 'X-Forwarded-Proto': 'https' };

  it.each(ways)('believes it where the app does, in %s', async (_name, options) => {
    const tus = { isGlobal: true, publicUrl: 'request' };
    const trusting = await startApp({ platform, tus, trustProxy: true, ...options });
    const wary = await startApp({ platform, tus, ...options });

    const [believed, not] = [
      await post(trusting, { path: '/own', length: 5, headers }),
      await post(wary, { path: '/own', length: 5, headers }),
    ];

    expect(believed.headers.location).toMatch(/^https:\/\/cdn\.example\/own\/\w{32}$/);
    expect(not.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/own\/\w{32}$/);
    await trusting.close();
    await wary.close();
  });
});

/** A middleware that takes the body for itself, and keeps nothing of it in the request. */
function swallow(request: IncomingMessage, _response: ServerResponse, next: () => void): void {
  request.on('data', () => undefined);
  request.on('end', () => next());
}

describe.each(PLATFORMS)('A body that was read before TusService.handle() on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [OwnController],
    providers: [Handled],
    configure: (nest) => void nest.use('/own', swallow),
  });

  it('is a clear fault, and the upload stays as it was', async () => {
    const upload = await create(app(), { path: '/own', length: 5 });

    const response = await patch(app(), upload, { body: 'hello' });

    expectRefused(response, 500);
    expect(response.text).toContain('was read before it reached the upload module');
    expect(await offsetOf(app(), upload)).toBe(0);
  });
});

/** A parser of the app's that takes bodies of every type, and what is left of them in `handle()`. */
type ParserCase = [name: string, platform: PlatformName, configure: (app: TestApp['nest']) => void];

const PARSERS: ParserCase[] = [
  [
    'a raw parser for everything on express',
    'express',
    (nest) => void (nest as NestExpressApplication).useBodyParser('raw', { type: '*/*' }),
  ],
  ['a parser for * on fastify', 'fastify', (nest) => void onFastify(nest).useBodyParser('*')],
  [
    'a parser by pattern on fastify',
    'fastify',
    (nest) => void onFastify(nest).useBodyParser(/^application\/.*/),
  ],
  [
    'a parser for their type that leaves them in their stream on fastify',
    'fastify',
    (nest) =>
      rawFastify(nest).addContentTypeParser(OCTETS, (_request, payload, done) =>
        done(null, payload),
      ),
  ],
];

describe.each(PARSERS)('TusService.handle() with %s', (_name, platform, configure) => {
  const app = useApp({
    platform,
    controllers: [OwnController],
    providers: [Handled],
    configure,
  });

  it('gets all bytes', async () => {
    const upload = await create(app(), { path: '/own', length: 10, body: 'hello' });

    const response = await patch(app(), upload, { offset: 5, body: ['wor', 'ld'] });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '10']);
    expect((await storedBytes(app(), upload)).toString()).toBe('helloworld');
  });

  it('checks them as ever', async () => {
    const upload = await create(app(), { path: '/own', length: 5 });

    expectRefused(await patch(app(), upload, { offset: 3, body: 'he' }), 409);
    expectRefused(await patch(app(), upload, { body: 'hello world' }), 413);
    expectRefused(await patch(app(), upload, { body: ['hello', ' world'] }), 413);
    expect(await offsetOf(app(), upload)).toBe(0);
  });
});

/** What is used of Fastify. */
interface FastifyApp {
  addContentTypeParser(
    type: string,
    parser: (request: object, body: unknown, done: (error: null, body: unknown) => void) => void,
  ): void;
  all(path: string, handler: (request: PlatformRequest, reply: PlatformResponse) => void): void;
}

describe('TusService.handle() on a route of Fastify’s own', () => {
  const route = (context: FastifyApp, service: TusService, path: string) => {
    for (const each of [path, `${path}/:id`]) {
      context.all(each, (request, reply) => void service.handle(request, reply));
    }
  };
  const app = useApp({
    platform: 'fastify',
    configure: (nest) => {
      const service = nest.get(TusService, { strict: false });
      route(rawFastify(nest), service, '/raw');
      void onFastify(nest).register(((context: FastifyApp, _options: object, done: () => void) => {
        route(context, service, '/encapsulated');
        done();
      }) as never);
    },
  });

  it.each(['/raw', '/encapsulated'])('gets all bytes at %s', async (path) => {
    const upload = await create(app(), { path, length: 10, body: 'hello' });

    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe('helloworld');
  });
});
