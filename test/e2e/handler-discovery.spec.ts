import {
  Controller,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  Optional,
  Scope,
} from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import { join } from 'node:path';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadCreated,
  OnUploadExpired,
  OnUploadFinished,
  OnUploadProgress,
  OnUploadTerminated,
  TusEndpoint,
  TusModule,
  TusOptionError,
} from '../../lib/index.js';
import type { FinishedUpload, Upload } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  post,
  startApp,
  terminate,
  uploadWhole,
} from '../support/index.js';
import type { StartAppOptions, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { Gate } from '../support/gate.js';

const calls = new Calls<string>();

const called = (what: string, id: string): Promise<string> =>
  calls.first((call) => call === `${what} ${id}`);

const call = (what: string, { id }: Pick<Upload, 'id'>): void => calls.add(`${what} ${id}`);

/** A further instance, called so. */
function instance(name: string): (tmpFileDir: string) => ReturnType<typeof TusModule.forRoot>[] {
  return (tmpFileDir) => [
    TusModule.forRoot({ name, uploadPath: `/${name}`, tmpFileDir: join(tmpFileDir, '..', name) }),
  ];
}

/** A method decorator that replaces the method, and knows nothing of metadata. */
function Replaced(): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as (...args: unknown[]) => unknown;
    descriptor.value = function (this: object, ...args: unknown[]) {
      calls.add('replaced');
      return method.apply(this, args);
    };
  };
}

/** The same by a getter, as decorators do that bind a method to its object. */
function Bound(): MethodDecorator {
  return (_target, _key, { value }) =>
    ({
      configurable: true,
      get(this: object) {
        return (value as () => unknown).bind(this);
      },
    }) as never;
}

describe('a method for an instance that is not there', () => {
  const failure = (options: Partial<StartAppOptions>): Promise<unknown> =>
    startApp({ platform: 'express', listen: false, imports: instance('avatars'), ...options }).then(
      (app) => app.close(),
      (error: unknown) => error,
    );

  it.each([
    ['OnUploadFinished', OnUploadFinished],
    ['OnUploadProgress', OnUploadProgress],
    ['OnUploadExpired', OnUploadExpired],
    ['BeforeUploadCreate', BeforeUploadCreate],
    ['BeforeUploadFinish', BeforeUploadFinish],
  ])('of @%s() keeps the app from its start', async (name, decorator) => {
    @Injectable()
    class Photos {
      @decorator({ instance: 'avatar' })
      handle(): void {}
    }

    const error = await failure({ providers: [Photos] });

    expect(error).toBeInstanceOf(TusOptionError);
    const { option, message } = error as TusOptionError;
    expect(option).toBe(`@${name} instance`);
    expect(message).toContain(`"@${name} instance" cannot be 'avatar'`);
    expect(message).toContain('"Photos#handle"');
    expect(message).toContain('There are: the one without a name, "avatars".');
  });

  it('keeps the app from its start on a controller, and in a request’s scope', async () => {
    @Controller({ path: 'photos', scope: Scope.REQUEST })
    class PhotosController {
      @OnUploadFinished({ id: 'photos', instance: 'avatar' })
      handle(): void {}
    }

    const error = await failure({ controllers: [PhotosController] });

    expect((error as Error).message).toContain('"photos" is for a TusModule instance');
  });

  it('keeps the app from its start where it names none, and all instances have names', async () => {
    @Injectable()
    class Photos {
      @OnUploadFinished()
      handle(): void {}
    }

    const error = await failure({ tus: false, providers: [Photos] });

    expect(error).toBeInstanceOf(TusOptionError);
    expect((error as Error).message).toMatch(
      /"Photos#handle" is for a TusModule instance without a name.*There are: "avatars"\./,
    );
  });

  it('of @TusEndpoint() keeps the app from its start in the same words', async () => {
    @Controller('photos')
    class PhotosController {
      @TusEndpoint('', { instance: 'avatar' })
      take(): void {}
    }

    const error = await failure({ controllers: [PhotosController] });

    expect(error).toBeInstanceOf(TusOptionError);
    expect((error as TusOptionError).option).toBe('@TusEndpoint instance');
    expect((error as Error).message).toContain('There are: the one without a name, "avatars".');
  });
});

describe.each(PLATFORMS)('handlers of a module that is loaded later, on %s', (platform) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ platform, imports: instance('avatars') });
  });
  afterEach(() => app.close());

  const load = (module: Type): Promise<unknown> =>
    app.nest.get(LazyModuleLoader).load(() => module);

  function moduleOf(...providers: NonNullable<StartAppOptions['providers']>): Type {
    @Module({ providers })
    class LateModule {}
    return LateModule;
  }

  it('are called from then on, whatever kind they are', async () => {
    @Injectable()
    class Late {
      @OnUploadFinished()
      finished(upload: FinishedUpload): void {
        call('finished', upload);
      }

      @OnUploadFinished({ instance: 'avatars' })
      avatar(upload: FinishedUpload): void {
        call('avatar', upload);
      }

      @OnUploadCreated()
      created(upload: Upload): void {
        call('created', upload);
      }

      @OnUploadTerminated()
      terminated(upload: Upload): void {
        call('terminated', upload);
      }

      @BeforeUploadCreate({ when: ({ metadata }) => metadata['refuse'] === 'early' })
      beforeCreate(): never {
        throw new ForbiddenException('Too early.');
      }

      @BeforeUploadFinish()
      beforeFinish(upload: Pick<Upload, 'id'>): void {
        call('before finish', upload);
      }
    }
    const early = await uploadWhole(app, 'early');
    await app.finished.of(early.id);

    await load(moduleOf(Late));

    const late = await uploadWhole(app, 'late');
    for (const what of ['created', 'before finish', 'finished']) await called(what, late.id);
    const avatar = await create(app, { length: 1, body: 'x', path: '/avatars' });
    await called('avatar', avatar.id);
    await terminate(app, await create(app, { length: 1 }));
    await calls.first((each) => each.startsWith('terminated'));
    expect((await post(app, { length: 1, metadata: { refuse: 'early' } })).status).toBe(403);
    expect(calls.all).not.toContain(`finished ${early.id}`);
    expect(calls.all).not.toContain(`finished ${avatar.id}`);
  });

  it('are called by what happens to an upload without a request', async () => {
    @Injectable()
    class Late {
      @OnUploadTerminated()
      terminated(upload: Upload): void {
        call('terminated', upload);
      }
    }
    const { id } = await create(app, { length: 1 });
    await load(moduleOf(Late));

    await app.tus.terminate(id);

    await called('terminated', id);
  });

  it('are made anew for each upload where their scope wants it', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(@Inject(REQUEST) readonly request: FinishedUpload) {}

      @OnUploadFinished()
      finished(upload: FinishedUpload): void {
        if (this.request.id === upload.id) call('scoped', upload);
      }
    }
    @Injectable()
    class Needing {
      constructor(readonly scoped: Scoped) {}

      @OnUploadFinished()
      finished(upload: FinishedUpload): void {
        if (this.scoped.request.id === upload.id) call('needing', upload);
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      @OnUploadFinished()
      finished(upload: FinishedUpload): void {
        call('transient', upload);
      }
    }
    await load(moduleOf(Scoped, Needing, Transient));

    for (const content of ['hello', 'world']) {
      const { id } = await uploadWhole(app, content);
      for (const what of ['scoped', 'needing', 'transient']) await called(what, id);
    }
  });

  it('are not called before their provider is made', async () => {
    const gate = new Gate();
    class Slow {
      constructor(private readonly word: string) {}

      @OnUploadFinished({ id: 'slow' })
      finished(upload: FinishedUpload): void {
        call(this.word, upload);
      }
    }
    const loading = load(
      moduleOf(
        { provide: 'GATE', useFactory: () => gate.pass() },
        { provide: Slow, inject: ['GATE'], useFactory: () => new Slow('made') },
      ),
    );
    await gate.reached;
    const early = await uploadWhole(app, 'early');
    await app.finished.of(early.id);
    gate.open();
    await loading;

    await called('made', (await uploadWhole(app, 'late')).id);

    expect((await app.tus.deliveries({ uploadId: early.id })).items).toEqual([]);
    expect(app.logs.errors()).toEqual([]);
  });

  it('are reported, and left out, where they would have kept the app from its start', async () => {
    @Injectable()
    class Wrong {
      @OnUploadCreated({ instance: 'avatar' })
      created(): void {}

      @OnUploadFinished({ id: 'FinishedRecorder#record' })
      twice(upload: FinishedUpload): void {
        call('twice', upload);
      }

      @OnUploadFinished({ attempts: -1 })
      tooFew(upload: FinishedUpload): void {
        call('too few', upload);
      }

      @OnUploadFinished()
      right(upload: FinishedUpload): void {
        call('right', upload);
      }
    }
    await load(moduleOf(Wrong));

    const { id } = await uploadWhole(app, 'hello');

    await called('right', id);
    await app.finished.of(id);
    expect(app.logs.errors()).toEqual([
      expect.stringMatching(/loaded later.*"Wrong#created" is for .*"avatar", and there is none/),
      expect.stringMatching(/loaded later.*are called "FinishedRecorder#record"/),
      expect.stringMatching(/loaded later.*"@OnUploadFinished attempts" cannot be -1/),
    ]);
    expect(calls.all).not.toContain(`twice ${id}`);
    expect(calls.all).not.toContain(`too few ${id}`);
  });

  it('are found when another module before them could not be loaded', async () => {
    class Broken {}
    const breaking = load(
      moduleOf({
        provide: Broken,
        useFactory: () => Promise.reject(new Error('It is broken.')),
      }),
    );
    await expect(breaking).rejects.toThrow('It is broken.');
    await uploadWhole(app, 'hello');
    @Injectable()
    class Late {
      @OnUploadFinished()
      finished(upload: FinishedUpload): void {
        call('after all', upload);
      }
    }
    await load(moduleOf(Late));

    await called('after all', (await uploadWhole(app, 'hello')).id);
  });

  it('of endpoints are reported, for they have no routes there', async () => {
    @Controller('late')
    class LateController {
      @TusEndpoint('avatar')
      take(): void {}
    }
    @Module({ controllers: [LateController] })
    class LateModule {}
    await load(LateModule);

    await create(app, { length: 1 });

    expect(app.logs.of('warn')).toEqual([
      expect.stringMatching(/"LateController#take".*loaded.*import its module/s),
    ]);
  });
});

describe.each(PLATFORMS)('handlers whose methods were replaced, on %s', (platform) => {
  class Base {
    @Replaced()
    @OnUploadFinished()
    finished(upload: FinishedUpload): void {
      call('finished', upload);
    }

    @Bound()
    @OnUploadCreated()
    created(upload: Upload): void {
      this.tell(upload);
    }

    @Replaced()
    @Replaced()
    @BeforeUploadFinish()
    beforeFinish(upload: Pick<Upload, 'id'>): void {
      call('before finish', upload);
    }

    @Replaced()
    @OnUploadFinished({ id: 'overridden' })
    overridden(upload: FinishedUpload): void {
      call('overridden', upload);
    }

    private tell(upload: Upload): void {
      call('created', upload);
    }
  }

  @Injectable()
  class Heir extends Base {
    override overridden(upload: FinishedUpload): void {
      call('overridden', upload);
    }

    readonly own = new Gate();
    constructor(@Optional() private readonly word = 'in its constructor') {
      super();
      this.lastOne = this.lastOne.bind(this);
    }

    @OnUploadFinished()
    lastOne(upload: FinishedUpload): void {
      call(this.word, upload);
    }
  }

  it('are called in their new form, unless they are overridden', async () => {
    calls.all.length = 0;
    const app = await startApp({ platform, providers: [Heir] });

    const { id } = await uploadWhole(app, 'hello');

    for (const what of ['created', 'before finish', 'finished', 'in its constructor']) {
      await called(what, id);
    }
    expect(calls.all.filter((each) => each === 'replaced')).toHaveLength(3);
    await eventually(async () =>
      expect((await app.tus.deliveries({ uploadId: id })).items).toEqual([]),
    );
    expect(calls.all).not.toContain(`overridden ${id}`);
    await app.close();
  });
});

describe.each(PLATFORMS)('an endpoint whose method was replaced, on %s', (platform) => {
  const start = (controller: Type): Promise<TestApp> =>
    startApp({ platform, controllers: [controller], imports: instance('avatars') });

  it('is reported at the start, for its route is gone', async () => {
    @Controller('photos')
    class PhotosController {
      @Replaced()
      @TusEndpoint('avatar', { instance: 'avatars' })
      take(): void {}
    }

    const app = await start(PhotosController);

    expect(app.logs.of('warn')).toEqual([
      expect.stringMatching(/"PhotosController#take".*replaced.*Put @TusEndpoint\(\) above/s),
    ]);
    expect((await post(app, { length: 1, path: '/photos/avatar' })).status).toBe(404);
    await app.close();
  });

  it('is served where the replacing decorator stands below, or keeps what is known of it', async () => {
    const Copied = (): MethodDecorator => (target, key, descriptor: PropertyDescriptor) => {
      const from = descriptor.value as object;
      Replaced()(target, key, descriptor);
      for (const name of Reflect.getMetadataKeys(from)) {
        const to = descriptor.value as object;
        Reflect.defineMetadata(name, Reflect.getMetadata(name, from), to);
      }
    };
    @Controller('photos')
    class PhotosController {
      @TusEndpoint('below')
      @Replaced()
      below(): void {}

      @Copied()
      @TusEndpoint('copied')
      copied(): void {}
    }

    const app = await start(PhotosController);

    expect(app.logs.of('warn')).toEqual([]);
    for (const path of ['/photos/below', '/photos/copied']) {
      expect((await create(app, { length: 1, path, body: 'x' })).response.status).toBe(201);
    }
    await app.close();
  });
});

describe('a static method', () => {
  it.each([
    ['OnUploadFinished', OnUploadFinished()],
    ['BeforeUploadCreate', BeforeUploadCreate()],
    ['TusEndpoint', TusEndpoint()],
  ])('is refused by @%s() where it is written', (name, decorator) => {
    expect(() => {
      class Wrong {
        @decorator
        static handle(): void {}
      }
      return Wrong;
    }).toThrow(`@${name}() cannot stand on Wrong.handle`);
  });
});

describe('providers of one token in two modules', () => {
  it('are each called with what is theirs, in a request’s scope too', async () => {
    const moduleOf = (word: string): Type => {
      @Injectable({ scope: Scope.REQUEST })
      class Handler {
        @OnUploadFinished({ id: word })
        [word](upload: FinishedUpload): void {
          call(word, upload);
        }
      }
      @Module({ providers: [{ provide: 'HANDLER', useClass: Handler }] })
      class HandlerModule {}
      return HandlerModule;
    };
    const imports = [moduleOf('one'), moduleOf('another')];
    const app = await startApp({ platform: 'express', imports });

    const { id } = await uploadWhole(app, 'hello');

    await called('one', id);
    await called('another', id);
    await app.close();
  });
});
