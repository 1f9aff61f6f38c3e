import {
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  RequestMethod,
  VersioningType,
} from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TusEndpoint, TusModule, TusOptionError, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import {
  PLATFORMS,
  TUS,
  create,
  expectRefused,
  head,
  listFiles,
  listOf,
  offsetOf,
  patch,
  post,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { HeaderValues, PlatformName, StartAppOptions, TestApp } from '../support/index.js';
import { VideosController, WITH_ENDPOINT } from './endpoint-controller.js';

/** All verbs of tus, on an upload that is made at a path and its URL as `Location` has it. */
async function expectServed(
  app: TestApp,
  path: string,
  expected: object,
  headers: HeaderValues = {},
): Promise<void> {
  const upload = await create(app, { length: 10, path, headers });
  expect(upload.location).toBe(`${path}/${upload.id}`);

  const first = await patch(app, upload, { body: 'hello', headers });
  const asked = await head(app, upload, headers);
  const second = await patch(app, upload, { offset: 5, body: 'world', headers });

  expect([first.status, asked.status, second.status]).toEqual([204, 200, 200]);
  expect(asked.headers['upload-offset']).toBe('5');
  expect(JSON.parse(second.text)).toEqual(expected);
  const options = await app.request({ method: 'OPTIONS', path: upload.path, headers });
  expect([options.status, options.headers['tus-version']]).toEqual([204, '1.0.0']);
  const other = await create(app, { length: 10, path: `${path}/`, headers });
  expect((await terminate(app, other, headers)).status).toBe(204);
}

/** Nothing of tus is at a path. */
async function expectNothing(app: TestApp, path: string): Promise<void> {
  const response = await post(app, { length: 5, path });
  expect(response.status).toBe(404);
  expect(response.headers['tus-resumable']).toBeUndefined();
}

describe.each(PLATFORMS)('The path of an endpoint on %s', (platform) => {
  const use = (configure?: (nest: INestApplication) => void, rest?: Partial<StartAppOptions>) =>
    useApp({ platform, ...WITH_ENDPOINT, configure, ...rest });

  describe('without more', () => {
    const app = use();

    it('is its controller’s', async () => {
      await expectServed(app(), '/videos', { size: 10 });
      await expectNothing(app(), '/video');
    });
  });

  describe('in an app with a global prefix', () => {
    const app = use((nest) => void nest.setGlobalPrefix('api'));

    it('is below the prefix', async () => {
      await expectServed(app(), '/api/videos', { size: 10 });
      await expectNothing(app(), '/videos');
    });
  });

  describe('that the global prefix excludes', () => {
    const exclude = ['videos', 'videos/:id'].map((path) => ({ path, method: RequestMethod.ALL }));
    const app = use((nest) => void nest.setGlobalPrefix('api', { exclude }));

    it('is not below the prefix', async () => {
      await expectServed(app(), '/videos', { size: 10 });
    });
  });

  describe('in an app with versions in its URLs', () => {
    const app = use(
      (nest) => void nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    );

    it('has the version', async () => {
      await expectServed(app(), '/v1/videos', { size: 10 });
      await expectNothing(app(), '/videos');
    });
  });

  describe('in an app with versions in a header', () => {
    const app = use(
      (nest) =>
        void nest.enableVersioning({
          type: VersioningType.HEADER,
          header: 'X-Version',
          defaultVersion: '1',
        }),
    );

    it('serves the version', async () => {
      await expectServed(app(), '/videos', { size: 10 }, { 'X-Version': '1' });
    });
  });

  describe('of a module that the router puts elsewhere', () => {
    @Module(WITH_ENDPOINT)
    class VideoModule {}
    const app = use(undefined, {
      controllers: [],
      providers: [],
      imports: [
        VideoModule,
        RouterModule.register([{ path: 'media/:shelf', module: VideoModule }]),
      ],
    });

    it('is where the router puts it', async () => {
      await expectServed(app(), '/media/tall/videos', { size: 10 });
      await expectNothing(app(), '/videos');
    });
  });
});

@Controller('users/:id')
class UsersController {
  @Get('avatar')
  show(@Param('id') id: string): string {
    return `the avatar of ${id}`;
  }

  @Get('avatar/:size')
  showSmall(@Param() { id, size }: Record<string, string>): string {
    return `the avatar of ${id} as ${size}`;
  }

  @TusEndpoint('avatar')
  take(@Param('id') id: string): object {
    return { avatar: id };
  }

  @TusEndpoint('files/:folder', { maxSize: '1KB' })
  takeFile(@Param() { id, folder }: Record<string, string>): object {
    return { file: id, folder };
  }

  @Get('files/:folder')
  list(): string {
    return 'the files';
  }
}

describe.each(PLATFORMS)('Endpoints beside other routes of their controller on %s', (platform) => {
  const app = useApp({ platform, controllers: [UsersController] });

  it('know the parameters of all paths', async () => {
    await expectServed(app(), '/users/ada/avatar', { avatar: 'ada' });
    await expectServed(app(), '/users/ada/files/tax', { file: 'ada', folder: 'tax' });
    await expectServed(app(), '/users/%C3%A4%20b/avatar', { avatar: 'ä b' });
    await expectNothing(app(), '/users/ada');
  });

  it('leave GET to the controller, and HEAD with it to tus', async () => {
    const upload = await create(app(), { length: 5, path: '/users/ada/avatar' });
    const file = await create(app(), { length: 5, path: '/users/ada/files/tax' });

    const shown = await app().request({ path: '/users/ada/avatar' });
    const small = await app().request({ path: upload.path });
    const listed = await app().request({ path: '/users/ada/files/tax' });

    expect(shown.text).toBe('the avatar of ada');
    expect(small.text).toBe(`the avatar of ada as ${upload.id}`);
    expect(listed.text).toBe('the files');
    for (const { path } of [upload, file]) expect(await offsetOf(app(), { path })).toBe(0);
  });

  it('do not answer each other’s uploads', async () => {
    const upload = await create(app(), { length: 5, path: '/users/ada/avatar' });

    expectRefused(
      await patch(app(), { path: `/users/ada/files/tax/${upload.id}` }, { body: 'hello' }),
      404,
    );
    expect((await patch(app(), upload, { body: 'hello' })).text).toBe('{"avatar":"ada"}');
  });

  it('tell of their own largest upload', async () => {
    const sizeAt = async (path: string) =>
      (await app().request({ method: 'OPTIONS', path })).headers['tus-max-size'];

    expect(await sizeAt('/users/ada/files/tax')).toBe('1024');
    expect(await sizeAt('/users/ada/avatar')).toBeUndefined();
    expect(await sizeAt('/files')).toBeUndefined();
    expectRefused(await post(app(), { length: 1025, path: '/users/ada/files/tax' }), 413);
  });
});

abstract class Receiving {
  @TusEndpoint('take')
  take(@UploadedUpload() { size }: EndpointUpload): object {
    return { by: this.constructor.name, size };
  }
}

@Controller('cats')
class CatsController extends Receiving {}

@Controller('dogs')
class DogsController extends Receiving {
  @Get('take/:id')
  show(): string {
    return 'a dog';
  }
}

/** Inherits from a controller that is one itself. */
@Controller('puppies')
class PuppiesController extends DogsController {
  @Get('take/:id')
  override show(): string {
    return 'a puppy';
  }

  @Get('take')
  list(): string {
    return 'puppies';
  }
}

@Controller('kittens')
class KittensController extends CatsController {
  @TusEndpoint('fetch', { maxSize: 10 })
  override take(upload: EndpointUpload): object {
    return { ...super.take(upload), small: true };
  }
}

describe.each(PLATFORMS)('Controllers that inherit an endpoint on %s', (platform) => {
  const orders = [
    ['base first', [CatsController, DogsController, PuppiesController, KittensController]],
    ['base last', [KittensController, PuppiesController, DogsController, CatsController]],
  ] as const;

  it.each(orders)('serve it at their own paths (%s)', async (_name, controllers) => {
    const app = await startApp({ platform, controllers: [...controllers] });

    await expectServed(app, '/cats/take', { by: 'CatsController', size: 10 });
    await expectServed(app, '/dogs/take', { by: 'DogsController', size: 10 });
    await expectServed(app, '/puppies/take', { by: 'PuppiesController', size: 10 });
    await app.close();
  });

  it.each(orders)('may serve it at another path (%s)', async (_name, controllers) => {
    const app = await startApp({ platform, controllers: [...controllers] });

    const upload = await create(app, { length: 5, path: '/kittens/fetch' });
    const sent = await patch(app, upload, { body: 'hello' });

    expect([sent.status, await offsetOf(app, upload)]).toEqual([200, 5]);
    await expectNothing(app, '/kittens/take');
    expectRefused(await post(app, { length: 11, path: '/kittens/fetch' }), 413);
    await app.close();
  });

  it.each(orders)('keep their own GET routes, and HEAD is tus (%s)', async (_name, controllers) => {
    const app = await startApp({ platform, controllers: [...controllers] });
    const upload = await create(app, { length: 5, path: '/puppies/take' });

    expect((await app.request({ path: upload.path })).text).toBe('a puppy');
    expect((await app.request({ path: '/puppies/take' })).text).toBe('puppies');
    expect(await offsetOf(app, upload)).toBe(0);
    await app.close();
  });

  it('do not answer each other’s uploads', async () => {
    const app = await startApp({ platform, controllers: [CatsController, DogsController] });
    const upload = await create(app, { length: 5, path: '/cats/take' });

    expect((await head(app, { path: `/dogs/take/${upload.id}` })).status).toBe(404);
    await app.close();
  });
});

describe.each(PLATFORMS)('Two apps with the same endpoint on %s', (platform) => {
  const origin = { Origin: 'https://app.example' };
  const small = useApp({
    platform,
    ...WITH_ENDPOINT,
    tus: { maxSize: 10, cors: { origin: origin.Origin } },
  });
  const large = useApp({ platform, ...WITH_ENDPOINT, tus: { maxSize: 20 } });

  it('keep apart what they were told', async () => {
    const discovered = (app: TestApp) =>
      app.request({ method: 'OPTIONS', path: '/videos', headers: origin });
    const [ofSmall, ofLarge] = [await discovered(small()), await discovered(large())];

    expect(ofSmall.headers['tus-max-size']).toBe('10');
    expect(ofSmall.headers['access-control-allow-origin']).toBe(origin.Origin);
    expect(ofLarge.headers['tus-max-size']).toBe('20');
    expect(ofLarge.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('keep apart their uploads', async () => {
    const upload = await create(small(), { path: '/videos', length: 10 });

    expect((await head(large(), upload)).status).toBe(404);
    expect((await patch(small(), upload, { body: 'helloworld' })).text).toBe('{"size":10}');
    await expectServed(large(), '/videos', { size: 10 });
  });
});

@Injectable()
class Seen {
  readonly requests: string[] = [];
}

@Module({ providers: [Seen], exports: [Seen] })
class WatchModule implements NestModule {
  constructor(private readonly seen: Seen) {}

  configure(consumer: MiddlewareConsumer): void {
    const watch = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
      this.seen.requests.push(request.method ?? '');
      response.setHeader('X-Watched', 'yes');
      next();
    };
    consumer.apply(watch).forRoutes(VideosController);
  }
}

describe.each(PLATFORMS)('An endpoint of an app with middleware and CORS on %s', (platform) => {
  const origin = { Origin: 'https://app.example' };
  const app = useApp({
    platform,
    ...WITH_ENDPOINT,
    imports: [WatchModule],
    configure: (nest) => nest.enableCors(),
  });

  it('has its requests go through the middleware', async () => {
    const { requests } = app().nest.get(Seen, { strict: false });
    const upload = await create(app(), { path: '/videos', length: 10 });
    await patch(app(), upload, { body: 'hello' });
    await head(app(), upload);
    const sent = await patch(app(), upload, { offset: 5, body: 'world' });

    expect(sent.text).toBe('{"size":10}');
    expect(sent.headers['x-watched']).toBe('yes');
    expect(requests).toEqual(['POST', 'PATCH', 'HEAD', 'PATCH']);
  });

  it('answers preflights with all that tus clients need', async () => {
    const preflight = await app().request({
      method: 'OPTIONS',
      path: '/videos',
      headers: {
        ...origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'tus-resumable,upload-length',
      },
    });

    expect(preflight.status).toBe(204);
    const methods = listOf(preflight.headers['access-control-allow-methods']);
    for (const method of ['POST', 'PATCH', 'HEAD', 'DELETE']) expect(methods).toContain(method);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
  });

  it('lets pages read where the upload is, and its answers', async () => {
    const { response, path } = await create(app(), { path: '/videos', length: 5, headers: origin });
    const sent = await patch(app(), { path }, { body: 'hello', headers: origin });
    const again = await patch(app(), { path }, { offset: 5, headers: origin });

    for (const { headers } of [response, sent, again]) {
      expect(headers['access-control-allow-origin']).toBe('*');
      const exposed = listOf(headers['access-control-expose-headers']);
      expect(exposed).toEqual(expect.arrayContaining(['Location', 'Upload-Offset']));
    }
    expect(again.text).toBe(sent.text);
  });
});

describe.each(PLATFORMS)('Endpoints of a named instance on %s', (platform) => {
  @Controller('avatars')
  class AvatarsController {
    @TusEndpoint('', { instance: 'avatars' })
    take(): object {
      return { kept: true };
    }
  }
  const app = useApp({
    platform,
    controllers: [AvatarsController],
    imports: (folder) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/unused',
        tmpFileDir: `${folder}-avatars`,
        maxSize: 10,
      }),
    ],
  });

  it('are kept by it, by its rules', async () => {
    await expectServed(app(), '/avatars', { kept: true });
    expectRefused(await post(app(), { length: 11, path: '/avatars' }), 413);
    expect(await listFiles(app().tmpFileDir)).not.toContainEqual(expect.stringMatching(/^\w{32}$/));
  });
});

describe.each(PLATFORMS)('An app does not start on %s', (platform) => {
  const starting = (...controllers: NonNullable<StartAppOptions['controllers']>) =>
    startApp({ platform, controllers });

  it('with an endpoint of an instance that is not there', async () => {
    @Controller('a')
    class LostController {
      @TusEndpoint('b', { instance: 'nobody' })
      take(): void {}
    }

    await expect(starting(LostController)).rejects.toThrow(
      /"LostController#take" is for a TusModule instance called "nobody", and there is none/,
    );
  });

  it('with an endpoint of the unnamed instance where all have names', async () => {
    const start = startApp({
      platform,
      tus: false,
      ...WITH_ENDPOINT,
      imports: (folder) => [TusModule.forRoot({ name: 'a', tmpFileDir: `${folder}-a` })],
    });

    await expect(start).rejects.toThrow(/"VideosController#take" .* without a name/);
  });

  it('with two endpoints of one name', async () => {
    @Controller('a')
    class TwinController {
      @TusEndpoint('a', { id: 'twin' })
      one(): void {}

      @TusEndpoint('b', { id: 'twin' })
      two(): void {}
    }

    await expect(starting(TwinController)).rejects.toThrow(/Two .* are called "twin"/);
  });

  it('with an endpoint whose largest size is none', async () => {
    @Controller('a')
    class HugeController {
      @TusEndpoint('a', { maxSize: 'huge' })
      take(): void {}
    }

    await expect(starting(HugeController)).rejects.toThrow(TusOptionError);
  });
});

describe('@TusEndpoint()', () => {
  it.each(['files/*', 'a//b', 'a?b', ':uploadId', 'a/:uploadId'])('does not take %s', (path) => {
    expect(() => {
      class Wrong {
        @TusEndpoint(path)
        take(): void {}
      }
      return Wrong;
    }).toThrow(TusOptionError);
  });

  it.each(PLATFORMS)(
    'takes a path with slashes around it on %s',
    async (platform: PlatformName) => {
      @Controller('/a/')
      class SlashedController {
        @TusEndpoint('/b/')
        take(): object {
          return { here: true };
        }
      }
      const app = await startApp({ platform, controllers: [SlashedController] });

      await expectServed(app, '/a/b', { here: true });
      await app.close();
    },
  );
});

describe.each(PLATFORMS)('What an endpoint refuses on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it('is refused as on the upload path', async () => {
    const upload = await create(app(), { path: '/videos', length: 5 });

    expectRefused(await patch(app(), upload, { offset: 3, body: 'hello' }), 409);
    expectRefused(await patch(app(), upload, { body: 'hello!' }), 413);
    expectRefused(
      await patch(app(), upload, { body: 'hello', headers: { 'Content-Type': 'text/plain' } }),
      415,
    );
    expectRefused(
      await patch(app(), upload, { body: 'hello', headers: { 'Tus-Resumable': '0.2.2' } }),
      412,
    );
    expectRefused(await patch(app(), { path: '/videos/1234' }, { body: 'hello' }), 404);
    const wrong = await app().request({
      method: 'POST',
      path: upload.path,
      headers: { ...TUS, 'Upload-Length': '5' },
    });
    expectRefused(wrong, 405);
    expect(await offsetOf(app(), upload)).toBe(0);
  });
});
