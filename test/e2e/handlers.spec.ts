import { Controller, Get, Inject, Injectable, Module, Scope } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { join } from 'node:path';
import {
  BeforeUploadCreate,
  OnUploadCreated,
  OnUploadFinished,
  TusModule,
  TusService,
} from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  makeTempFolder,
  removeTempFolder,
  startApp,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { StartAppOptions, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';

/** Which handler was called, on which object, with which upload. */
interface Call {
  readonly handler: string;
  readonly target?: object;
  readonly upload: FinishedUpload;
}

@Injectable()
class CallLog extends Calls<Call> {
  /** Waits for the call of one handler with one upload. */
  of(handler: string, id: string): Promise<Call> {
    return this.first((call) => call.handler === handler && call.upload.id === id);
  }

  /** Names of the handlers that were called with one upload, sorted. */
  handlersOf(id: string): string[] {
    return this.all
      .filter(({ upload }) => upload.id === id)
      .map(({ handler }) => handler)
      .sort();
  }
}

@Module({ providers: [CallLog], exports: [CallLog] })
class CallLogModule {}

@Injectable()
class Two {
  constructor(private readonly calls: CallLog) {}

  @OnUploadFinished()
  first(upload: FinishedUpload): void {
    this.calls.add({ handler: 'Two#first', target: this, upload });
  }

  @OnUploadFinished()
  async second(upload: FinishedUpload): Promise<void> {
    await Promise.resolve();
    this.calls.add({ handler: 'Two#second', target: this, upload });
  }

  notDecorated(): never {
    throw new Error('Nobody asked for this method.');
  }

  get lazy(): never {
    throw new Error('Nobody asked for this value.');
  }
}

@Injectable()
class Heir extends Two {}

@Controller('handling')
class HandlingController {
  constructor(private readonly calls: CallLog) {}

  @Get()
  get(): string {
    return 'served';
  }

  @OnUploadFinished()
  handle(upload: FinishedUpload): void {
    this.calls.add({ handler: 'HandlingController#handle', target: this, upload });
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  constructor(
    private readonly calls: CallLog,
    @Inject(REQUEST) private readonly request: FinishedUpload,
  ) {}

  @OnUploadFinished()
  handle(upload: FinishedUpload): void {
    const handler = this.request === upload ? 'Scoped#handle' : 'another request';
    this.calls.add({ handler, target: this, upload });
  }
}

@Injectable()
class DependsOnScoped {
  constructor(
    readonly scoped: Scoped,
    private readonly calls: CallLog,
  ) {}

  @OnUploadFinished()
  handle(upload: FinishedUpload): void {
    this.calls.add({ handler: 'DependsOnScoped#handle', target: this.scoped, upload });
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(
    private readonly calls: CallLog,
    @Inject(REQUEST) private readonly request: FinishedUpload,
  ) {}

  @OnUploadFinished()
  handle(upload: FinishedUpload): void {
    const handler = this.request.id === upload.id ? 'ScopedController#handle' : 'another request';
    this.calls.add({ handler, target: this, upload });
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  constructor(private readonly calls: CallLog) {}

  @OnUploadFinished()
  handle(upload: FinishedUpload): void {
    this.calls.add({ handler: 'Transient#handle', target: this, upload });
  }
}

class Plain {
  constructor(
    private readonly calls: CallLog,
    private readonly handler: string,
  ) {}

  @OnUploadFinished({ id: 'plain' })
  handle(upload: FinishedUpload): void {
    this.calls.add({ handler: this.handler, target: this, upload });
  }
}

class Made extends Plain {
  @OnUploadFinished({ id: 'made' })
  override handle(upload: FinishedUpload): void {
    super.handle(upload);
  }
}

/** Is asked, is told, and is delivered to. */
@Injectable()
class Versatile {
  readonly calls = new Calls<string>();

  @BeforeUploadCreate()
  ask(): void {
    this.calls.add('asked');
  }

  @OnUploadCreated()
  tell(): void {
    this.calls.add('told');
  }

  @OnUploadFinished()
  finish({ id }: FinishedUpload): void {
    this.calls.add(`finished ${id}`);
  }
}

const sharedLog = new CallLog();

const WAYS: [name: string, providers: Provider[], controllers: StartAppOptions['controllers']][] = [
  ['two methods of a provider', [Two], []],
  ['a class that inherits them', [Two, Heir], []],
  ['a controller', [], [HandlingController]],
];

const EXPECTED: Record<string, string[]> = {
  'two methods of a provider': ['Two#first', 'Two#second'],
  'a class that inherits them': ['Two#first', 'Two#first', 'Two#second', 'Two#second'],
  'a controller': ['HandlingController#handle'],
};

describe.each(PLATFORMS)('handlers on %s', (platform) => {
  const start = (options: Partial<StartAppOptions>): Promise<TestApp> =>
    startApp({ platform, imports: [CallLogModule], ...options });
  const logOf = (app: TestApp): CallLog => app.nest.get(CallLog, { strict: false });

  it.each(WAYS)('are %s', async (name, providers, controllers) => {
    const app = await start({ providers, controllers });
    const expected = EXPECTED[name]!;

    const { id } = await uploadWhole(app, 'hello');
    await logOf(app).atLeast(expected.length);

    expect(logOf(app).handlersOf(id)).toEqual(expected);
    await app.close();
  });

  it('are objects that a value or a factory gives', async () => {
    const app = await start({
      providers: [
        { provide: 'VALUE', useValue: new Plain(sharedLog, 'value') },
        {
          provide: 'FACTORY',
          inject: [CallLog],
          useFactory: (calls: CallLog) => Promise.resolve(new Made(calls, 'factory')),
        },
        { provide: 'NOTHING', useValue: null },
        { provide: 'BARE', useValue: Object.create(null) },
        { provide: 'TEXT', useValue: 'text' },
      ],
    });

    const { id } = await uploadWhole(app, 'hello');

    await sharedLog.of('value', id);
    await logOf(app).of('factory', id);
    await app.close();
  });

  it('are called once, however many names a provider has', async () => {
    const app = await start({
      providers: [Two, { provide: 'ALIAS', useExisting: Two }, { provide: 'B', useExisting: Two }],
    });
    const { id } = await uploadWhole(app, 'hello');
    await logOf(app).of('Two#first', id);
    await logOf(app).of('Two#second', id);

    // Deliveries of one upload are born together, so those of the next come after them.
    const next = await uploadWhole(app, 'world');
    await logOf(app).of('Two#first', next.id);

    expect(logOf(app).handlersOf(id)).toEqual(['Two#first', 'Two#second']);
    await app.close();
  });

  it('are called once, whatever kind they are, where a factory passes their object on', async () => {
    const app = await start({
      providers: [
        { provide: 'PASSED ON', useFactory: (passed: Versatile) => passed, inject: [Versatile] },
        { provide: 'ALIAS', useExisting: Versatile },
        Versatile,
      ],
    });
    const { calls } = app.nest.get(Versatile);

    for (const content of ['hello', 'world']) {
      const { id } = await uploadWhole(app, content);
      await calls.first((call) => call === `finished ${id}`);
    }
    await calls.atLeast(6);

    const kinds = calls.all.map((call) => call.split(' ')[0]).sort();
    expect(kinds).toEqual(['asked', 'asked', 'finished', 'finished', 'told', 'told']);
    await app.close();
  });

  it.each([
    ['provider', [Scoped], [], 'Scoped#handle'],
    ['controller', [], [ScopedController], 'ScopedController#handle'],
  ])(
    'in a request-scoped %s are made anew for every delivery, the upload their request',
    async (_name, providers, controllers, handler) => {
      const app = await start({ providers, controllers });
      const first = await uploadWhole(app, 'hello');
      const second = await uploadWhole(app, 'world');

      const calls = [
        await logOf(app).of(handler, first.id),
        await logOf(app).of(handler, second.id),
      ];

      expect(calls[0]!.target).not.toBe(calls[1]!.target);
      expect(logOf(app).handlersOf(first.id)).toEqual([handler]);
      await app.close();
    },
  );

  it('may depend on a request-scoped provider', async () => {
    const app = await start({ providers: [Scoped, DependsOnScoped] });
    const first = await uploadWhole(app, 'hello');
    const second = await uploadWhole(app, 'world');

    const calls = [
      await logOf(app).of('DependsOnScoped#handle', first.id),
      await logOf(app).of('DependsOnScoped#handle', second.id),
    ];

    expect(calls[0]!.target).toBeInstanceOf(Scoped);
    expect(calls[0]!.target).not.toBe(calls[1]!.target);
    await app.close();
  });

  it('in a transient provider have what they depend on', async () => {
    const app = await start({ providers: [Transient] });

    const { id } = await uploadWhole(app, 'hello');

    expect((await logOf(app).of('Transient#handle', id)).target).toBeInstanceOf(Transient);
    await app.close();
  });

  it('use the service of the module', async () => {
    @Injectable()
    class Reader {
      constructor(
        private readonly tus: TusService,
        private readonly calls: CallLog,
      ) {}

      @OnUploadFinished()
      async read(upload: FinishedUpload): Promise<void> {
        const parts: Buffer[] = [];
        for await (const part of await this.tus.createReadStream(upload.id)) {
          parts.push(part as Buffer);
        }
        this.calls.add({ handler: Buffer.concat(parts).toString(), upload });
      }
    }
    const app = await start({ providers: [Reader] });

    const { id } = await uploadWhole(app, 'the content');

    await logOf(app).of('the content', id);
    await app.close();
  });
});

describe.each(PLATFORMS)('one handler for two instances on %s', (platform) => {
  @Injectable()
  class Both {
    constructor(private readonly calls: CallLog) {}

    @OnUploadFinished()
    @OnUploadFinished({ instance: 'avatars' })
    handle(upload: FinishedUpload): void {
      this.calls.add({ handler: 'Both#handle', upload });
    }
  }

  const app = useApp({
    platform,
    providers: [Both],
    imports: (tmpFileDir) => [
      CallLogModule,
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
      }),
    ],
  });

  it('is called for the uploads of each', async () => {
    const calls = app().nest.get(CallLog, { strict: false });

    const avatar = await create(app(), { length: 5, body: 'photo', path: '/avatars' });
    const document = await uploadWhole(app(), 'paper');

    expect((await calls.of('Both#handle', avatar.id)).upload.path).toContain('/avatars/');
    expect((await calls.of('Both#handle', document.id)).upload.path).toContain('/uploads/');
    expect(calls.handlersOf(avatar.id)).toEqual(['Both#handle']);
    expect(calls.handlersOf(document.id)).toEqual(['Both#handle']);
  });
});

describe('handlers that cannot be told apart', () => {
  const start = (options: Partial<StartAppOptions>): Promise<TestApp> =>
    startApp({ platform: 'express', listen: false, ...options });

  @Module({ imports: [CallLogModule], providers: [Two] })
  class OneModule {}

  @Module({ imports: [CallLogModule], providers: [Two] })
  class AnotherModule {}

  it('fail at start where a class is provided twice, with the remedy', async () => {
    const starting = start({ imports: [OneModule, AnotherModule] });

    await expect(starting).rejects.toThrow('handlers are called "Two#first"');
    await expect(start({ imports: [OneModule, AnotherModule] })).rejects.toThrow(
      "@OnUploadFinished({ id: '...' }), or provide its class in one module only",
    );
  });

  it('fail at start where an id is given twice', async () => {
    class A {
      @OnUploadFinished({ id: 'same' })
      handle(): void {}
    }
    class B {
      @OnUploadFinished({ id: 'same' })
      handle(): void {}
    }

    await expect(start({ providers: [A, B] })).rejects.toThrow('handlers are called "same"');
  });

  it('fail at start where a class has no name, with the remedy', async () => {
    class Nameless {
      @OnUploadFinished()
      handle(): void {}
    }
    Object.defineProperty(Nameless, 'name', { value: '' });

    await expect(start({ providers: [Nameless] })).rejects.toThrow(
      /handler "handle" has no name.*give the handler an id/s,
    );
  });

  it('start where a class without a name gives an id', async () => {
    class Nameless {
      @OnUploadFinished({ id: 'nameless' })
      handle(): void {}
    }
    Object.defineProperty(Nameless, 'name', { value: '' });

    const app = await start({ providers: [Nameless] });

    await app.close();
  });

  it('leave no folder taken when they fail', async () => {
    const folder = await makeTempFolder();
    await expect(
      start({ imports: [OneModule, AnotherModule], tmpFileDir: folder }),
    ).rejects.toThrow('Two#first');

    const app = await start({ tmpFileDir: folder });

    await app.close();
    await removeTempFolder(folder);
  });
});
