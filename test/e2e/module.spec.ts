import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  InjectTus,
  OnUploadFinished,
  TusController,
  TusModule,
  TusOptionError,
  TusService,
  getTusToken,
} from '../../lib/index.js';
import type { FinishedUpload, TusModuleOptions, TusOptionsFactory } from '../../lib/index.js';
import { Calls } from '../support/calls.js';
import {
  FinishedRecorder,
  PLATFORMS,
  LogCollector,
  TestApp,
  create,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  offsetOf,
  patch,
  removeTempFolder,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { StartAppOptions } from '../support/index.js';

/** Where the settings of the asynchronous tests come from. */
@Injectable()
class Settings {
  static folder = '';

  createTusOptions(): TusModuleOptions {
    return { tmpFileDir: Settings.folder, maxSize: 100 };
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** The ways to give options that are not there yet when the modules are read. */
const ASYNC: [string, () => Parameters<typeof TusModule.forRootAsync>[0]][] = [
  ['useFactory', () => ({ useFactory: () => new Settings().createTusOptions() })],
  [
    'useFactory of a promise, and inject',
    () => ({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: (settings: Settings) => Promise.resolve(settings.createTusOptions()),
    }),
  ],
  ['useClass', () => ({ useClass: Settings as new () => TusOptionsFactory })],
  [
    'useExisting',
    () => ({ imports: [SettingsModule], useExisting: Settings as new () => TusOptionsFactory }),
  ],
];

describe.each(PLATFORMS)('forRoot on %s', (platform) => {
  const app = useApp({ platform, tus: { uploadPath: 'up/loads' } });

  it('serves the upload path, and keeps the files in the folder', async () => {
    const upload = await create(app(), { length: 5, path: '/up/loads' });

    const response = await patch(app(), upload, { body: 'hello' });

    expect(upload.location).toBe(`/up/loads/${upload.id}`);
    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe('hello');
    expect((await app().finished.of(upload.id)).path).toBe(join(app().tmpFileDir, upload.id));
  });

  it('serves nothing at the path it serves by default', async () => {
    const response = await app().request({ method: 'OPTIONS', path: '/files' });

    expect(response.status).toBe(404);
    expect(response.headers['tus-resumable']).toBeUndefined();
  });
});

describe.each(PLATFORMS)('forRootAsync on %s', (platform) => {
  it.each(ASYNC)('takes the options from %s', async (_name, options) => {
    const folder = await makeTempFolder();
    Settings.folder = join(folder, 'from-settings');
    const app = await startApp({
      platform,
      tus: false,
      providers: [FinishedRecorder],
      imports: [TusModule.forRootAsync({ ...options(), uploadPath: '/async' })],
    });
    try {
      const upload = await create(app, { length: 100, path: '/async' });
      await patch(app, upload, { body: 'x'.repeat(100) });

      expect((await app.finished.of(upload.id)).path).toBe(join(Settings.folder, upload.id));
      await expect(create(app, { length: 101, path: '/async' })).rejects.toThrow('413');
    } finally {
      await app.close();
      await removeTempFolder(folder);
    }
  });
});

@Injectable()
class Elsewhere {
  constructor(readonly tus: TusService) {}
}

@Module({ providers: [Elsewhere], exports: [Elsewhere] })
class ElsewhereModule {}

describe('isGlobal', () => {
  const start = (isGlobal: boolean): Promise<TestApp> =>
    startApp({
      platform: 'express',
      tus: { isGlobal },
      imports: [ElsewhereModule],
      listen: false,
    });

  it('makes the service visible in every module', async () => {
    const app = await start(true);

    expect(app.nest.get(Elsewhere, { strict: false }).tus).toBe(app.tus);
    await app.close();
  });

  it('is off unless set', async () => {
    await expect(start(false)).rejects.toThrow(/dependencies of the Elsewhere.*TusService/s);
  });
});

describe('a wrong option', () => {
  const start = (tus: StartAppOptions['tus'], tmpFileDir?: string): Promise<TestApp> =>
    startApp({ platform: 'express', tus, tmpFileDir, listen: false });

  it.each([
    [{ uploadPaht: '/files' }, 'uploadPaht', `'/files'`, 'There is no such option; there are: '],
    [{ delivery: { backoff: { frist: 1 } } }, 'delivery.backoff.frist', '1', 'first, max'],
    [{ maxSize: '10 apples' }, 'maxSize', `'10 apples'`, `'10MB'`],
    [{ uploadValidDuration: 'soon' }, 'uploadValidDuration', `'soon'`, `'24h'`],
    [{ uploadValidDuration: -1 }, 'uploadValidDuration', '-1', 'above zero'],
    [{ idleTimeout: 0 }, 'idleTimeout', '0', 'above zero'],
    [{ cleanup: { every: true } }, 'cleanup.every', 'true', `'10m'`],
    [{ delivery: { concurrency: 0 } }, 'delivery.concurrency', '0', 'above zero'],
    [{ durability: 'best' }, 'durability', `'best'`, 'none, completion, chunk'],
    [{ background: 'no' }, 'background', `'no'`, 'true or false'],
    [{ publicUrl: 'example.com' }, 'publicUrl', `'example.com'`, 'https://'],
    [{ extensions: ['creation-with-upload'] }, 'extensions', 'with-upload', 'needs "creation"'],
  ])('%j fails at start, and says what to do', async (tus, option, value, remedy) => {
    const error = await start(tus as TusModuleOptions).then(
      (app) => app.close(),
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(TusOptionError);
    expect((error as TusOptionError).option).toBe(option);
    expect((error as Error).message).toContain(`option "${option}" cannot be`);
    expect((error as Error).message).toContain(value);
    expect((error as Error).message).toContain(remedy);
  });

  it.each(['/files/*', '/files/*rest', '/files/{*rest}', '/a//b', '/files?x', '', '/:id', '/a b'])(
    'the upload path "%s" is refused where it is written',
    (uploadPath) => {
      expect(() => TusModule.forRoot({ uploadPath })).toThrow(TusOptionError);
      expect(() => TusModule.forRoot({ uploadPath })).toThrow('"uploadPath"');
      expect(() => TusModule.forRootAsync({ uploadPath, useFactory: () => ({}) })).toThrow(
        'without wildcards',
      );
    },
  );

  it.each(['', 'a/b', '../x', 'a b', 'x'.repeat(65)])(
    'the name "%s" is refused where it is written',
    (name) => {
      expect(() => TusModule.forRoot({ name })).toThrow(TusOptionError);
      expect(() => TusModule.forRoot({ name })).toThrow('option "name"');
    },
  );

  it.each(['uploadPath', 'name', 'decorators', 'controller', 'imports', 'version', 'isGlobal'])(
    'a factory that returns %s is told to give it beside the factory',
    async (option) => {
      const starting = startApp({
        platform: 'express',
        tus: false,
        imports: [TusModule.forRootAsync({ useFactory: () => ({ [option]: 'x' }) })],
        listen: false,
      });

      await expect(starting).rejects.toThrow(
        new RegExp(`option "${option}" cannot be 'x'.*beside the factory`),
      );
    },
  );

  describe('for the folder', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await makeTempFolder();
      await writeFile(join(folder, 'file'), 'mine');
      await mkdir(join(folder, 'taken'));
      await writeFile(join(folder, 'taken', '.tus'), 'mine');
    });
    afterAll(() => removeTempFolder(folder));

    it.each([
      ['is a file', () => join(folder, 'file')],
      ['lies below a file', () => join(folder, 'file', 'uploads')],
      ['cannot be made', () => '/proc/uploads'],
      ['has a file where the registry goes', () => join(folder, 'taken')],
    ])('one that %s fails at start, and says what to do', async (_name, path) => {
      const error = await start({}, path()).then(
        (app) => app.close(),
        (reason: unknown) => reason,
      );

      expect(error).toBeInstanceOf(TusOptionError);
      expect((error as TusOptionError).option).toBe('tmpFileDir');
      expect((error as Error).message).toContain(path());
      expect((error as Error).message).toContain('a folder on a local disk');
      expect((error as Error).cause).toHaveProperty('message');
    });

    it('a folder that failed once is not taken', async () => {
      const path = join(folder, 'second-try');
      await writeFile(path, '');
      await expect(start({}, path)).rejects.toThrow(TusOptionError);
      await removeTempFolder(path);

      const app = await start({}, path);

      expect(await app.tus.list()).toEqual({ items: [] });
      await app.close();
    });
  });
});

describe.each(PLATFORMS)('two instances on %s', (platform) => {
  @Injectable()
  class Photos {
    readonly avatars = new Calls<string>();
    readonly documents = new Calls<string>();

    constructor(
      @InjectTus('avatars') readonly named: TusService,
      @InjectTus() readonly unnamed: TusService,
    ) {}

    @OnUploadFinished({ instance: 'avatars' })
    avatar({ id }: FinishedUpload): void {
      this.avatars.add(id);
    }

    @OnUploadFinished()
    document({ id }: FinishedUpload): void {
      this.documents.add(id);
    }
  }

  const app = useApp({
    platform,
    providers: [Photos],
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
        maxSize: 10,
      }),
    ],
  });
  const photos = (): Photos => app().nest.get(Photos);

  it('have each a service of its own', async () => {
    const avatar = await create(app(), { length: 5, path: '/avatars' });
    const document = await create(app(), { length: 5 });

    expect(photos().named).toBe(app().nest.get(getTusToken('avatars'), { strict: false }));
    expect(photos().named).not.toBe(photos().unnamed);
    expect((await photos().named.find(avatar.id))?.length).toBe(5);
    expect(await photos().unnamed.find(avatar.id)).toBeUndefined();
    expect(await photos().named.find(document.id)).toBeUndefined();
  });

  it('follow each its own options', async () => {
    await expect(create(app(), { length: 11, path: '/avatars' })).rejects.toThrow('413');
    await expect(create(app(), { length: 11 })).resolves.toBeDefined();
  });

  it('keep their files apart', async () => {
    const avatar = await create(app(), { length: 5, path: '/avatars', body: 'photo' });
    const document = await uploadWhole(app(), 'paper');

    expect(await listFiles(join(app().tmpFileDir, '..', 'avatars'))).toContain(avatar.id);
    expect(await listFiles(app().tmpFileDir)).toContain(document.id);
    expect(await listFiles(app().tmpFileDir)).not.toContain(avatar.id);
  });

  it('know nothing of each other’s uploads', async () => {
    const { id } = await create(app(), { length: 5, path: '/avatars' });
    const elsewhere = { path: `/files/${id}` };

    expectHeadRefused(await head(app(), elsewhere), 404);
    expectRefused(await patch(app(), elsewhere, { body: 'hello' }), 404);
    expectRefused(await terminate(app(), elsewhere), 404);
    expect(await offsetOf(app(), { path: `/avatars/${id}` })).toBe(0);
  });

  it('call the handlers that are meant for them', async () => {
    const avatar = await create(app(), { length: 5, path: '/avatars', body: 'photo' });
    const document = await uploadWhole(app(), 'paper');

    await photos().avatars.first((id) => id === avatar.id);
    await photos().documents.first((id) => id === document.id);

    expect(photos().avatars.all).not.toContain(document.id);
    expect(photos().documents.all).not.toContain(avatar.id);
    expect(app().finished.countOf(avatar.id)).toBe(0);
  });
});

describe.each([
  ['the unnamed one first', false],
  ['the unnamed one last', true],
])('the service of an instance, %s', (_order, isLast) => {
  @Injectable()
  class Injecting {
    constructor(
      @InjectTus('avatars') readonly avatars: TusService,
      @InjectTus() readonly unnamed: TusService,
      readonly byType: TusService,
      readonly moduleRef: ModuleRef,
    ) {}
  }

  let app: TestApp;
  let folder: string;
  beforeAll(async () => {
    folder = await makeTempFolder();
    const unnamed = TusModule.forRoot({ tmpFileDir: join(folder, 'unnamed') });
    const named = ['avatars', 'videos'].map((name) =>
      TusModule.forRoot({ name, uploadPath: `/${name}`, tmpFileDir: join(folder, name) }),
    );
    app = await startApp({
      platform: 'express',
      tus: false,
      imports: isLast ? [...named, unnamed] : [unnamed, ...named],
      providers: [Injecting],
      listen: false,
    });
  });
  afterAll(async () => {
    await app.close();
    await removeTempFolder(folder);
  });
  const injected = (): Injecting => app.nest.get(Injecting);

  it('is the one that is injected, by its class', async () => {
    const { unnamed, byType, moduleRef } = injected();

    expect(byType).toBe(unnamed);
    expect(app.nest.get(TusService)).toBe(unnamed);
    expect(app.nest.get(TusService, { strict: false })).toBe(unnamed);
    expect(app.nest.get(TusService, { strict: false, each: true })).toEqual([unnamed]);
    expect(await app.nest.resolve(TusService)).toBe(unnamed);
    expect(moduleRef.get(TusService, { strict: false })).toBe(unnamed);
    expect(await moduleRef.resolve(TusService, undefined, { strict: false })).toBe(unnamed);
  });

  it('is the one that is injected, by its token', async () => {
    const { unnamed, avatars, moduleRef } = injected();

    expect(app.nest.get(getTusToken())).toBe(unnamed);
    expect(app.nest.get(getTusToken('avatars'))).toBe(avatars);
    expect(moduleRef.get(getTusToken('avatars'), { strict: false })).toBe(avatars);
    expect(await app.nest.resolve(getTusToken('avatars'))).toBe(avatars);
    expect(new Set([unnamed, avatars, app.nest.get(getTusToken('videos'))]).size).toBe(3);
  });
});

describe('the service where all instances have names', () => {
  const imports = (folder: string) => [
    TusModule.forRoot({ name: 'avatars', isGlobal: true, tmpFileDir: join(folder, 'avatars') }),
  ];

  it('is not there by its class, and Nest says so', async () => {
    const app = await startApp({ platform: 'express', tus: false, imports, listen: false });

    expect(() => app.nest.get(TusService)).toThrow('Nest could not find TusService');
    expect(() => app.nest.get(getTusToken())).toThrow('Nest could not find TusService');
    expect(app.nest.get(getTusToken('avatars'))).toBeInstanceOf(TusService);
    await app.close();
  });

  it('cannot be injected by its class', async () => {
    @Injectable()
    class Confused {
      constructor(readonly tus: TusService) {}
    }
    const options = { platform: 'express', tus: false, imports, listen: false } as const;

    const starting = startApp({ ...options, providers: [Confused] });

    await expect(starting).rejects.toThrow(/dependencies of the Confused.*TusService/s);
  });
});

describe.each(PLATFORMS)('the controller of a named instance on %s', (platform) => {
  @Controller()
  class AvatarController extends TusController {
    constructor(
      readonly byType: TusService,
      @InjectTus() readonly byToken: TusService,
      readonly elsewhere: Elsewhere,
    ) {
      super();
    }

    @Inject()
    readonly byProperty!: TusService;

    @Get('count')
    async count(): Promise<number[]> {
      const services = [this.byType, this.byToken, this.byProperty, this.elsewhere.tus];
      const pages = await Promise.all(services.map((service) => service.list()));
      return pages.map(({ items }) => items.length);
    }
  }

  const app = useApp({
    platform,
    tus: { isGlobal: true },
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
        controller: AvatarController,
        imports: [ElsewhereModule],
      }),
    ],
  });

  it('injects the service of its instance, and others that of the unnamed one', async () => {
    await create(app(), { length: 5, path: '/avatars' });
    await create(app(), { length: 5, path: '/avatars' });
    await create(app(), { length: 5 });

    const { text } = await app().request({ path: '/avatars/count' });

    expect(JSON.parse(text)).toEqual([2, 2, 2, 1]);
  });
});

describe('two instances that cannot be', () => {
  const start = (imports: StartAppOptions['imports']): Promise<TestApp> =>
    startApp({ platform: 'express', imports, listen: false });

  it('on one folder are refused at start, with the remedy', async () => {
    const starting = start((tmpFileDir) => [
      TusModule.forRoot({ name: 'b', uploadPath: '/b', tmpFileDir: `${tmpFileDir}/../uploads/` }),
    ]);

    const error = await starting.catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(TusOptionError);
    expect((error as TusOptionError).option).toBe('tmpFileDir');
    expect((error as Error).message).toContain('Give each instance a folder of its own.');
  });

  it('a folder is free again once its app was closed', async () => {
    const first = await start([]);
    await first.nest.close();

    const second = await startApp({
      platform: 'express',
      tmpFileDir: first.tmpFileDir,
      listen: false,
    });

    expect(await second.tus.list()).toEqual({ items: [] });
    await second.close();
    await removeTempFolder(first.folder!);
  });
});

describe('the folder of an instance that is given none', () => {
  const previous = process.cwd();
  let folder = '';
  beforeAll(async () => {
    folder = await makeTempFolder();
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(previous);
    await removeTempFolder(folder);
  });

  it('is ./uploads, and of a named one ./uploads/<name>', async () => {
    const app = await startApp({
      platform: 'express',
      tus: false,
      imports: [
        TusModule.forRoot({}),
        TusModule.forRoot({ name: 'avatars', uploadPath: '/avatars' }),
      ],
    });
    const upload = await create(app, { length: 5, body: 'paper' });
    const avatar = await create(app, { length: 5, body: 'photo', path: '/avatars' });

    expect(await listFiles(join(folder, 'uploads'))).toEqual(
      expect.arrayContaining([upload.id, join('avatars', avatar.id)]),
    );
    await app.close();
  });
});

describe('a standalone application', () => {
  it('lists uploads, ends them and cleans up', async () => {
    const app = await startApp({ platform: 'express' });
    const unfinished = await create(app, { length: 5 });
    const finished = await uploadWhole(app, 'hello');
    await app.finished.of(finished.id);
    await app.nest.close();

    const context = await startStandalone(app.tmpFileDir);
    const tus = context.get(TusService);

    expect((await tus.list()).items.map(({ id, state }) => [id, state])).toEqual([
      [finished.id, 'finished'],
      [unfinished.id, 'receiving'],
    ]);
    expect(await tus.cleanup()).toEqual({ expired: 0, removed: 0, forgotten: 0 });
    await tus.terminate(unfinished.id);
    expect((await tus.find(unfinished.id))?.state).toBe('terminated');
    await context.close();
    await removeTempFolder(app.folder!);
  });

  it('may be started again when its folder could not be used at first', async () => {
    const parent = await makeTempFolder();
    const tmpFileDir = join(parent, 'mount');
    await writeFile(tmpFileDir, 'not mounted yet');
    await expect(startStandalone(tmpFileDir)).rejects.toThrow('option "tmpFileDir" cannot be');
    await rm(tmpFileDir);

    const context = await startStandalone(tmpFileDir);

    expect((await context.get(TusService).list()).items).toEqual([]);
    await context.close();
    await removeTempFolder(parent);
  });

  function startStandalone(tmpFileDir: string): Promise<INestApplicationContext> {
    @Module({ imports: [TusModule.forRoot({ tmpFileDir })] })
    class StandaloneModule {}

    return NestFactory.createApplicationContext(StandaloneModule, {
      logger: new LogCollector(),
      abortOnError: false,
    });
  }
});

describe.each(PLATFORMS)('under @nestjs/testing, on %s', (_platform, makeAdapter) => {
  it('serves uploads as in production', async () => {
    const folder = await makeTempFolder();
    const testing = await Test.createTestingModule({
      imports: [TusModule.forRoot({ tmpFileDir: folder })],
      providers: [FinishedRecorder],
    }).compile();
    const nest = testing.createNestApplication(makeAdapter(), { logger: new LogCollector() });
    await nest.listen(0, '127.0.0.1');
    const app = new TestApp(nest, folder, folder);

    const upload = await create(app, { length: 5 });
    const json = await patch(app, upload, {
      body: '{',
      headers: { 'Content-Type': 'application/json' },
    });
    await patch(app, upload, { body: 'hello' });

    expectRefused(json, 415);
    expect((await app.finished.of(upload.id)).size).toBe(5);
    await app.close();
  });
});
