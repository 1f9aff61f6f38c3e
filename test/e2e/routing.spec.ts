import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  Head,
  Inject,
  Injectable,
  Module,
  Options,
  Param,
  Post,
  RequestMethod,
  Res,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { HttpAdapterHost, RouterModule } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { createRequire } from 'node:module';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  TusController,
  TusEndpoint,
  TusModule,
  TusService,
  UploadedUpload,
} from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import {
  FinishedRecorder,
  PLATFORMS,
  TUS,
  create,
  encodeMetadata,
  expectRefused,
  head,
  offsetOf,
  patch,
  post,
  rawHead,
  startApp,
  storedBytes,
  terminate,
  useApp,
} from '../support/index.js';
import type { HeaderValues, PlatformName, TestApp } from '../support/index.js';

/** Creates an upload at a path, sends its bytes to `Location` in two parts, and asks for it. */
async function expectServed(app: TestApp, path: string, headers: HeaderValues = {}): Promise<void> {
  const upload = await create(app, { length: 10, path, headers });
  expect(upload.location).toBe(`${path.replace(/\/$/, '')}/${upload.id}`);

  const first = await patch(app, upload, { body: 'hello', headers });
  const asked = await head(app, upload, headers);
  const second = await patch(app, upload, { offset: 5, body: 'world', headers });

  expect([first.status, asked.status, second.status]).toEqual([204, 200, 204]);
  expect(asked.headers['upload-offset']).toBe('5');
  expect((await storedBytes(app, upload)).toString()).toBe('helloworld');
  expect((await app.request({ method: 'OPTIONS', path: upload.path, headers })).status).toBe(204);
  const other = await create(app, { length: 10, path, headers });
  expect((await terminate(app, other, headers)).status).toBe(204);
}

/** Expects that nothing of tus is at a path. */
async function expectNothing(
  app: TestApp,
  path: string,
  headers: HeaderValues = {},
): Promise<void> {
  const response = await post(app, { length: 5, path, headers });
  expect(response.status).toBe(404);
  expect(response.headers['tus-resumable']).toBeUndefined();
}

describe.each(PLATFORMS)('the global prefix on %s', (platform) => {
  describe('that is plain', () => {
    const app = useApp({ platform, configure: (nest) => void nest.setGlobalPrefix('api') });

    it('goes before the upload path, in Location too', async () => {
      await expectServed(app(), '/api/files');
      await expectNothing(app(), '/files');
    });
  });

  describe('that has a parameter', () => {
    const app = useApp({ platform, configure: (nest) => void nest.setGlobalPrefix(':region/api') });

    it('goes before the upload path as it was asked for', async () => {
      await expectServed(app(), '/eu/api/files');
    });
  });

  describe('that excludes the upload path', () => {
    const exclude = [
      { path: 'files', method: RequestMethod.ALL },
      { path: 'files/*rest', method: RequestMethod.ALL },
    ];
    const app = useApp({
      platform,
      configure: (nest) => void nest.setGlobalPrefix('api', { exclude }),
    });

    it('does not go before the upload path', async () => {
      await expectServed(app(), '/files');
      await expectNothing(app(), '/api/files');
    });
  });
});

describe.each(PLATFORMS)('versioning on %s', (platform) => {
  const headerName = 'X-Version';
  const extractor = (request: unknown): string =>
    String((request as { headers: HeaderValues }).headers['x-custom'] ?? '');
  const types: [string, Parameters<INestApplication['enableVersioning']>[0]][] = [
    ['URI', { type: VersioningType.URI, defaultVersion: '1' }],
    ['header', { type: VersioningType.HEADER, header: headerName, defaultVersion: '1' }],
    ['media type', { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }],
    ['custom', { type: VersioningType.CUSTOM, extractor, defaultVersion: '1' }],
  ];

  it.each(types)('by %s leaves uploads without a version', async (_name, options) => {
    const app = await startApp({
      platform,
      configure: (nest) => void nest.enableVersioning(options),
    });

    await expectServed(app, '/files');
    await app.close();
  });

  it.each([
    ['URI', '/v2/files', {}, '/v1/files', {}],
    ['header', '/files', { [headerName]: '2' }, '/files', { [headerName]: '1' }],
    [
      'media type',
      '/files',
      { Accept: 'application/json;v=2' },
      '/files',
      { Accept: 'application/json;v=1' },
    ],
    ['custom', '/files', { 'X-Custom': '2' }, '/files', { 'X-Custom': '1' }],
  ])(
    'by %s serves the version it is told to',
    async (name, path, headers: HeaderValues, otherPath, otherHeaders: HeaderValues) => {
      const app = await startApp({
        platform,
        tus: { version: '2' },
        configure: (nest) => void nest.enableVersioning(Object.fromEntries(types)[name]),
      });

      await expectServed(app, path, headers);
      const other = await post(app, { length: 5, path: otherPath, headers: otherHeaders });

      expect(other.status).toBe(404);
      await app.close();
    },
  );
});

describe.each(PLATFORMS)('the router module on %s', (platform) => {
  it('can put the upload path below another one', async () => {
    const app = await startApp({
      platform,
      tus: { uploadPath: 'uploads' },
      imports: [RouterModule.register([{ path: 'media', module: TusModule }])],
    });

    await expectServed(app, '/media/uploads');
    await expectNothing(app, '/uploads');
    await app.close();
  });

  it('can move one instance only, by a class of its own', async () => {
    class MediaTusModule extends TusModule {}
    const app = await startApp({
      platform,
      imports: (tmpFileDir) => [
        MediaTusModule.forRoot({
          name: 'media',
          uploadPath: 'uploads',
          tmpFileDir: `${tmpFileDir}-media`,
        }),
        RouterModule.register([{ path: 'media', module: MediaTusModule }]),
      ],
    });

    const upload = await create(app, { length: 5, path: '/media/uploads' });

    expect((await patch(app, upload, { body: 'hello' })).status).toBe(204);
    await expectServed(app, '/files');
    await app.close();
  });
});

describe.each(PLATFORMS)('an upload path with parameters on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      uploadPath: 'tenants/:tenant/files',
      owner: (request) => (request as { params: { tenant: string } }).params.tenant,
    },
  });

  it('is served for each value', async () => {
    await expectServed(app(), '/tenants/acme/files');
    await expectServed(app(), '/tenants/%C3%A4%20b/files');
    await expectNothing(app(), '/tenants/files');
  });

  it('tells the value to the owner option', async () => {
    const upload = await create(app(), { length: 5, path: '/tenants/acme/files' });

    expect((await app().tus.find(upload.id))?.owner).toBe('acme');
    expect((await head(app(), { path: `/tenants/other/files/${upload.id}` })).status).toBe(404);
  });
});

describe.each(PLATFORMS)('spellings of the upload path on %s', (platform) => {
  const app = useApp({ platform });

  it('may end in a slash', async () => {
    await expectServed(app(), '/files/');
    const upload = await create(app(), { length: 10, path: '/files/' });
    const slashed = { path: `${upload.path}/` };

    expect((await patch(app(), slashed, { body: 'hello' })).status).toBe(204);
    expect(await offsetOf(app(), slashed)).toBe(5);
    expect((await terminate(app(), slashed)).status).toBe(204);
  });

  it('may have a query, which is no part of Location', async () => {
    const upload = await create(app(), { length: 10, path: '/files?token=a/b&c=%2F' });
    const asked = { path: `${upload.path}?token=a/b` };

    expect(upload.location).toBe(`/files/${upload.id}`);
    expect((await patch(app(), asked, { body: 'hello' })).status).toBe(204);
    expect(await offsetOf(app(), asked)).toBe(5);
    expect((await terminate(app(), asked)).status).toBe(204);
  });

  it('has nothing below an upload', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, { body: 'hello', suffix: '/more' });

    expect(response.status).toBe(404);
    expect(await offsetOf(app(), upload)).toBe(0);
  });
});

/** How a router spells paths: its setting, and a spelling that it takes for that of `/files`. */
type Router = [
  name: string,
  platform: PlatformName,
  adapter: () => AbstractHttpAdapter,
  path: string,
];

/** Fastify itself, as an app may hand it to its adapter. */
const fastify = createRequire(import.meta.url)('fastify') as (options: object) => never;

const onExpress = (setting: string) => (): AbstractHttpAdapter => {
  const adapter = new ExpressAdapter();
  adapter.set(setting, true);
  return adapter;
};

const onFastify = (options: Fastify) => (): AbstractHttpAdapter => new FastifyAdapter(options);

type Fastify = ConstructorParameters<typeof FastifyAdapter>[0] & {
  readonly ignoreTrailingSlash?: boolean;
};

const ROUTERS: Router[] = [
  ['strict routing', 'express', onExpress('strict routing'), '/files'],
  ['case sensitive routing', 'express', onExpress('case sensitive routing'), '/files/'],
  ['ignoreTrailingSlash', 'fastify', onFastify({ ignoreTrailingSlash: true }), '/files/'],
  [
    'routerOptions.ignoreTrailingSlash',
    'fastify',
    onFastify({ routerOptions: { ignoreTrailingSlash: true } }),
    '/files/',
  ],
  [
    'ignoreTrailingSlash on a server of the app',
    'fastify',
    () => new FastifyAdapter(fastify({ ignoreTrailingSlash: true })),
    '/files/',
  ],
  [
    'ignoreDuplicateSlashes',
    'fastify',
    onFastify({ routerOptions: { ignoreDuplicateSlashes: true } }),
    '/files//',
  ],
  [
    'caseSensitive: false',
    'fastify',
    onFastify({ routerOptions: { caseSensitive: false } }),
    '/Files/',
  ],
];

@Controller('videos')
class EndpointController {
  @TusEndpoint()
  upload(@UploadedUpload() { id }: EndpointUpload): object {
    return { id };
  }

  @TusEndpoint('short')
  uploadShort(): void {}
}

describe.each(ROUTERS)('a router with %s, on %s', (_name, platform, adapter, path) => {
  const app = useApp({ platform, adapter: adapter(), controllers: [EndpointController] });

  it('serves uploads', async () => {
    await expectServed(app(), '/files');
    const { path: created } = await create(app(), { length: 10, path });
    const spelled = { path: path.replace(/\/*$/, `/${created.split('/').at(-1)}`) };

    expect((await patch(app(), spelled, { body: 'hello' })).status).toBe(204);
    expect(await offsetOf(app(), spelled)).toBe(5);
  });

  it('serves endpoints', async () => {
    const upload = await create(app(), { length: 5, path: path.replace(/files/i, 'videos') });
    const response = await patch(app(), { path: `/videos/${upload.id}` }, { body: 'hello' });

    expect([response.status, JSON.parse(response.text)]).toEqual([200, { id: upload.id }]);
  });
});

@Injectable()
class Doorkeeper {
  lets(request: object, role: string): boolean {
    return (request as { headers: HeaderValues }).headers['x-role'] === role;
  }
}

@Module({ providers: [Doorkeeper], exports: [Doorkeeper] })
class DoorkeeperModule {}

@Injectable()
class KnownGuard implements CanActivate {
  constructor(private readonly doorkeeper: Doorkeeper) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<object>();
    return this.doorkeeper.lets(request, 'user') || this.doorkeeper.lets(request, 'admin');
  }
}

@Injectable()
class AdminGuard implements CanActivate {
  constructor(private readonly doorkeeper: Doorkeeper) {}

  canActivate(context: ExecutionContext): boolean {
    return this.doorkeeper.lets(context.switchToHttp().getRequest<object>(), 'admin');
  }
}

@Controller()
@UseGuards(KnownGuard)
class OwnController extends TusController {
  @Inject(TusService)
  private readonly tus!: TusService;

  @Get()
  async list(): Promise<string[]> {
    return (await this.tus.list()).items.map(({ id }) => id);
  }

  @Get('stats')
  stats(): object {
    return { uploads: 'many' };
  }

  @Get(':id/info')
  async info(@Param('id') id: string): Promise<object> {
    return { offset: (await this.tus.find(id))?.offset };
  }

  @Post('batch')
  batch(@Body() body: object): object {
    return { received: body };
  }

  @Delete(':id')
  @UseGuards(AdminGuard)
  override delete(...args: Parameters<TusController['delete']>): Promise<void> {
    return super.delete(...args);
  }
}

const USER = { 'X-Role': 'user' };
const ADMIN = { 'X-Role': 'admin' };

describe.each(PLATFORMS)('a controller of the app’s own on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { controller: OwnController, imports: [DoorkeeperModule] },
  });
  const get = (path: string) => app().request({ path, headers: USER });

  it('serves uploads', async () => {
    const upload = await create(app(), { length: 5, headers: USER });

    expect((await patch(app(), upload, { body: 'hello', headers: USER })).status).toBe(204);
    expect((await head(app(), upload, USER)).headers['upload-offset']).toBe('5');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('serves a list at the creation URL', async () => {
    const { id } = await create(app(), { length: 5, headers: USER });

    const response = await get('/files');

    expect(response.status).toBe(200);
    expect(JSON.parse(response.text)).toContain(id);
  });

  it('serves routes beside those of uploads and below them', async () => {
    const { path } = await create(app(), { length: 5, headers: USER });

    expect(JSON.parse((await get('/files/stats')).text)).toEqual({ uploads: 'many' });
    expect(JSON.parse((await get(`${path}/info`)).text)).toEqual({ offset: 0 });
  });

  it('has bodies parsed on its own routes', async () => {
    const response = await app().request({
      method: 'POST',
      path: '/files/batch',
      headers: { ...USER, 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });

    expect(response.status).toBe(201);
    expect(JSON.parse(response.text)).toEqual({ received: { a: 1 } });
  });

  it('refuses what it does not serve as before', async () => {
    const { path } = await create(app(), { length: 5, headers: USER });

    expectRefused(await get(path), 405);
    expectRefused(await app().request({ method: 'PUT', path: '/files', headers: USER }), 405);
  });

  it('is guarded as a whole', async () => {
    expect((await post(app(), { length: 5 })).status).toBe(403);
    expect((await app().request({ path: '/files/stats' })).status).toBe(403);
  });

  it('may guard one verb more strictly', async () => {
    const upload = await create(app(), { length: 5, headers: USER });

    expect((await terminate(app(), upload, USER)).status).toBe(403);
    expect((await head(app(), upload, USER)).status).toBe(200);
    expect((await terminate(app(), upload, ADMIN)).status).toBe(204);
    expect((await head(app(), upload, USER)).status).toBe(410);
  });

  it.each(['POST', 'PATCH', 'GET', 'HEAD', 'PUT', 'OPTIONS'])(
    '%s with X-HTTP-Method-Override does not get around the guard of one verb',
    async (method) => {
      const upload = await create(app(), { length: 5, headers: USER });
      const override = { ...TUS, 'X-HTTP-Method-Override': 'DELETE' };
      const send = (headers: HeaderValues) =>
        app().request({ method, path: upload.path, headers: { ...override, ...headers } });

      expect((await send(USER)).status).not.toBe(204);
      expect((await head(app(), upload, USER)).status).toBe(200);
    },
  );

  it('POST with X-HTTP-Method-Override passes the guard of one verb as DELETE does', async () => {
    const upload = await create(app(), { length: 5, headers: USER });
    const headers = { ...TUS, 'X-HTTP-Method-Override': 'DELETE' };

    const refused = await app().request({
      method: 'POST',
      path: upload.path,
      headers: { ...headers, ...USER },
    });
    const passed = await app().request({
      method: 'POST',
      path: upload.path,
      headers: { ...headers, ...ADMIN },
    });

    expect([refused.status, passed.status]).toEqual([403, 204]);
    expect((await head(app(), upload, USER)).status).toBe(410);
  });
});

describe.each(PLATFORMS)('further ways to extend the controller on %s', (platform) => {
  @Controller()
  class Downloads extends TusController {
    @Inject(TusService)
    private readonly tus!: TusService;

    @Get()
    list(): string {
      return 'list';
    }

    @Get(':id')
    async download(@Param('id') id: string): Promise<string> {
      return `file of ${(await this.tus.find(id))?.filename}`;
    }
  }

  it('may serve both GET paths', async () => {
    const app = await startApp({ platform, tus: { controller: Downloads } });
    const metadata = encodeMetadata({ filename: 'a.txt' });
    const upload = await create(app, { length: 5, metadata });

    expect((await app.request({ path: '/files' })).text).toBe('list');
    expect((await app.request({ path: upload.path })).text).toBe('file of a.txt');
    expect((await head(app, upload)).headers['upload-offset']).toBe('0');
    await app.close();
  });

  it('may override a verb without naming its routes again', async () => {
    @Controller()
    class Counting extends TusController {
      static calls = 0;

      override post(...args: Parameters<TusController['post']>): Promise<void> {
        Counting.calls++;
        return super.post(...args);
      }
    }
    const app = await startApp({ platform, tus: { controller: Counting } });

    const upload = await create(app, { length: 5, body: 'hello' });
    const asked = await app.request({
      path: '/files',
      headers: { ...TUS, 'Upload-Length': '5' },
    });

    expect(Counting.calls).toBe(1);
    expect(await offsetOf(app, upload)).toBe(5);
    expectRefused(asked, 405);
    await app.close();
  });

  it('may go over two classes', async () => {
    @Controller()
    class Base extends TusController {
      @Get('stats')
      stats(): string {
        return 'stats';
      }
    }
    @Controller()
    class Derived extends Base {
      @Get('more')
      more(): string {
        return 'more';
      }
    }
    const app = await startApp({ platform, tus: { controller: Derived } });

    expect((await app.request({ path: '/files/stats' })).text).toBe('stats');
    expect((await app.request({ path: '/files/more' })).text).toBe('more');
    await app.close();
  });

  it('may serve two instances by one class', async () => {
    const app = await startApp({
      platform,
      tus: { controller: Downloads },
      imports: (tmpFileDir) => [
        TusModule.forRoot({
          name: 'b',
          uploadPath: '/b',
          tmpFileDir: `${tmpFileDir}-b`,
          controller: Downloads,
        }),
      ],
    });

    const upload = await create(app, { length: 5, path: '/b' });

    expect((await head(app, upload)).status).toBe(200);
    expect((await head(app, { path: `/files/${upload.id}` })).status).toBe(404);
    await app.close();
  });
});

@Controller()
class OtherController {
  @Get('other')
  get(): string {
    return 'other';
  }

  @Head('heads')
  head(@Res({ passthrough: true }) response: object): void {
    this.host.httpAdapter.setHeader(response, 'X-Head', 'own');
  }

  @Options('other')
  options(): string {
    return 'own options';
  }

  @Post('other')
  post(@Body() body: unknown): object {
    return { received: body };
  }

  @Post('files/import/now')
  import(@Body() body: unknown): object {
    return { imported: body };
  }

  constructor(private readonly host: HttpAdapterHost) {}
}

describe.each(PLATFORMS)('other routes of the app on %s', (platform) => {
  const app = useApp({ platform, controllers: [OtherController] });
  const send = (path: string, body: string) =>
    app().request({
      method: 'POST',
      path,
      headers: { 'Content-Type': 'application/json' },
      body,
    });

  it('still have JSON parsed', async () => {
    const response = await send('/other', '{"a":[1,2]}');

    expect(response.status).toBe(201);
    expect(JSON.parse(response.text)).toEqual({ received: { a: [1, 2] } });
  });

  it('still have JSON parsed below the upload path', async () => {
    const response = await send('/files/import/now', '{"a":1}');

    expect(response.status).toBe(201);
    expect(JSON.parse(response.text)).toEqual({ imported: { a: 1 } });
  });

  it('still refuse invalid JSON', async () => {
    const response = await send('/other', '{"a":');

    expect(response.status).toBe(400);
    expect(response.headers['content-type']).toMatch(/json/);
  });

  it('keep their own OPTIONS and HEAD', async () => {
    const options = await app().request({ method: 'OPTIONS', path: '/other' });
    const own = await app().request({ method: 'HEAD', path: '/heads' });

    expect(options.text).toBe('own options');
    expect(own.headers['x-head']).toBe('own');
  });

  it('carry nothing of tus', async () => {
    const responses = [
      await app().request({ path: '/other' }),
      await app().request({ method: 'OPTIONS', path: '/other' }),
      await app().request({ path: '/nowhere' }),
      await send('/other', '{'),
      await send('/files/import/now', '{}'),
    ];

    for (const response of responses) {
      expect(Object.keys(response.headers).filter((name) => /^(tus|upload)-/.test(name))).toEqual(
        [],
      );
    }
  });

  it('are not reached by another method because a header says so', async () => {
    const response = await app().request({
      path: '/other',
      headers: { 'X-HTTP-Method-Override': 'POST' },
    });

    expect(response.text).toBe('other');
  });
});

describe.each(PLATFORMS)('a route of the app inside the upload path on %s', (platform) => {
  @Controller('files')
  class BesideController {
    @Post('import')
    import(@Body() body: unknown): object {
      return { imported: body };
    }

    @All('any')
    any(@Body() body: unknown): object {
      return { imported: body };
    }

    @Get('page')
    page(): string {
      return 'page';
    }
  }

  @Module({ controllers: [BesideController] })
  class BesideModule {}

  it('that comes first is the app’s', async () => {
    const app = await startApp({
      platform,
      tus: false,
      providers: [FinishedRecorder],
      imports: (tmpFileDir) => [BesideModule, TusModule.forRoot({ tmpFileDir })],
    });

    for (const path of ['/files/import', '/files/any']) {
      const response = await app.request({
        method: 'POST',
        path,
        headers: { 'Content-Type': 'application/json' },
        body: '{"a":1}',
      });

      expect(JSON.parse(response.text)).toEqual({ imported: { a: 1 } });
      expect(response.headers['tus-resumable']).toBeUndefined();
    }
    const page = await app.request({ method: 'HEAD', path: '/files/page' });
    expect([page.status, page.headers['content-length']]).toEqual([200, '4']);
    expect(page.headers['tus-resumable']).toBeUndefined();
    await expectServed(app, '/files');
    await app.close();
  });
});

describe('a route of the app that takes HEAD from uploads on express', () => {
  @Controller('files')
  class NameController {
    @Get(':name')
    get(@Param('name') name: string): string {
      return `file ${name}`;
    }
  }
  const app = useApp({ platform: 'express', controllers: [NameController] });

  it('is reached by HEAD, and not by POST that says so in X-HTTP-Method-Override', async () => {
    const upload = await create(app(), { length: 5 });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'X-HTTP-Method-Override: HEAD'];

    await connection.write(rawHead('POST', upload.path, [...lines, 'Content-Length: 0']));
    const refused = await connection.response();
    await connection.write(rawHead('GET', upload.path, []));
    const next = await connection.response();

    expectRefused(refused, 405);
    expect([next.status, next.body.toString()]).toEqual([200, `file ${upload.id}`]);
    expect((await head(app(), upload)).headers['content-length']).toBe('37');
  });
});
