import { Controller, Injectable } from '@nestjs/common';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadCreated,
  OnUploadFinished,
  OnUploadTerminated,
  getTusToken,
  TusEndpoint,
  TusModule,
} from '../../lib/index.js';
import type { DeliveryContext, FinishedUpload, TusService } from '../../lib/index.js';
import {
  create,
  eventually,
  head,
  listFiles,
  patch,
  PLATFORMS,
  post,
  removeTempFolder,
  request,
  startApp,
  storedBytes,
  terminate,
} from '../support/index.js';
import type { CreatedUpload, StartAppOptions, TestApp, TusOptions } from '../support/index.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';

/** Long enough for a flush on a busy machine, and for all that the app's methods are waited for. */
const PROMPTLY = 10_000;

/** The app's methods and functions, one of which hangs. */
@Injectable()
class Methods {
  gate = new Gate();

  constructor(private readonly hanging?: string) {}

  async pass(name: string): Promise<undefined> {
    if (name === this.hanging) await this.gate.pass();
    return undefined;
  }
}

function methodsThat(hanging?: string) {
  @Injectable()
  class Crew extends Methods {
    constructor() {
      super(hanging);
    }

    @BeforeUploadCreate()
    create(): Promise<undefined> {
      return this.pass('create');
    }

    @BeforeUploadFinish()
    finish(): Promise<undefined> {
      return this.pass('finish');
    }

    @OnUploadCreated()
    created(): Promise<undefined> {
      return this.pass('created');
    }

    @OnUploadTerminated()
    terminated(): Promise<undefined> {
      return this.pass('terminated');
    }

    @OnUploadFinished()
    finished(): Promise<undefined> {
      return this.pass('finished');
    }
  }

  @Controller()
  class Videos {
    constructor(private readonly crew: Crew) {}

    @TusEndpoint('videos')
    async take(): Promise<object> {
      await this.crew.pass('endpoint');
      return { taken: true };
    }
  }

  return { Crew, Videos };
}

/** An app whose method, or function, of a name does not return until its gate is opened. */
async function startHanging(
  options: Pick<StartAppOptions, 'platform' | 'tmpFileDir' | 'tus'>,
  hanging?: string,
): Promise<TestApp & { readonly gate: Gate }> {
  const { Crew, Videos } = methodsThat(hanging);
  const gate = new Gate();
  const hang = async (name: string) => (name === hanging ? gate.pass() : undefined);
  const functions: TusOptions = {
    owner: () => hang('owner') as Promise<undefined>,
    maxSize: () => hang('maxSize') as Promise<undefined>,
    quota: () => hang('quota') as Promise<undefined>,
    download: { disposition: () => hang('disposition') as Promise<undefined> },
  };
  const app = await startApp({
    ...options,
    tus: { ...functions, ...(options.tus as TusOptions) },
    providers: [Crew],
    controllers: [Videos],
  });
  app.nest.get(Crew).gate = gate;
  return Object.assign(app, { gate });
}

/** Lets go on what was waited for no longer, as far as it comes. */
async function goOn(gate: Gate): Promise<void> {
  gate.open();
  for (let turn = 0; turn < 200; turn++) await nextTurn();
}

const half = (app: TestApp) => create(app, { length: 5 });

const whole = (app: TestApp) => create(app, { length: 5, body: 'hello' });

/** What is asked of an app whose method hangs, and what is there at the next start. */
interface Case {
  readonly hanging: string;
  readonly ask: (app: TestApp) => Promise<unknown>;
  /** @param id of the upload, if there is one */
  readonly check: (app: TestApp, id: string) => Promise<void>;
  /** The method that the log says was given up. */
  readonly method?: string;
  /** Whether its client is told something. */
  readonly isAnswered?: true;
}

const expectNothing = async (app: TestApp) => expect((await app.tus.list()).items).toEqual([]);

const expectFinished = async (app: TestApp, id: string) => {
  expect((await app.finished.of(id)).size).toBe(5);
  expect((await storedBytes(app, { id })).toString()).toBe('hello');
};

const expectDelivered = (app: TestApp, uploadId: string) =>
  eventually(async () => expect((await app.tus.deliveries({ uploadId })).items).toEqual([]));

const CASES: readonly (readonly [string, Case])[] = [
  ['the "owner" of a creation', { hanging: 'owner', ask: half, check: expectNothing }],
  ['the "maxSize" of a creation', { hanging: 'maxSize', ask: half, check: expectNothing }],
  [
    '@BeforeUploadCreate()',
    { hanging: 'create', ask: half, check: expectNothing, method: 'Crew#create' },
  ],
  [
    '@BeforeUploadFinish(), for the last PATCH',
    {
      hanging: 'finish',
      ask: async (app) => patch(app, await half(app), { body: 'hello' }),
      check: expectFinished,
      method: 'Crew#finish',
    },
  ],
  [
    '@BeforeUploadFinish(), for a creation with all bytes',
    { hanging: 'finish', ask: whole, check: expectFinished, method: 'Crew#finish' },
  ],
  [
    '@BeforeUploadFinish(), for a HEAD',
    {
      hanging: 'finish',
      ask: async (app) => {
        const upload = await half(app);
        await writeFile(join(app.tmpFileDir, upload.id), 'hello');
        return head(app, upload);
      },
      check: expectFinished,
      method: 'Crew#finish',
    },
  ],
  [
    '@TusEndpoint()',
    {
      hanging: 'endpoint',
      ask: (app) => post(app, { path: '/videos', length: 5, body: 'hello' }),
      check: async (app, id) => {
        const again = await patch(app, { path: `/videos/${id}` }, { offset: 5 });
        expect([again.status, again.text]).toEqual([200, '{"taken":true}']);
      },
      method: 'Videos#take',
    },
  ],
  [
    '@OnUploadFinished(), which ignores its signal',
    {
      hanging: 'finished',
      ask: whole,
      check: expectDelivered,
      method: 'Crew#finished',
      isAnswered: true,
    },
  ],
  [
    '@OnUploadCreated()',
    {
      hanging: 'created',
      ask: half,
      check: async (app, id) => expect((await app.tus.find(id))?.offset).toBe(0),
      method: 'Crew#created',
      isAnswered: true,
    },
  ],
  [
    '@OnUploadTerminated()',
    {
      hanging: 'terminated',
      ask: async (app) => terminate(app, await half(app)),
      check: async (app, id) => expect((await app.tus.find(id))?.state).toBe('terminated'),
      method: 'Crew#terminated',
      isAnswered: true,
    },
  ],
  [
    'the "disposition" of a download',
    {
      hanging: 'disposition',
      ask: async (app) => request(app, { path: (await whole(app)).path }),
      check: async (app, id) => {
        expect((await request(app, { path: `/files/${id}` })).text).toBe('hello');
      },
    },
  ],
];

/** An app that was closed while a method of it hung. */
interface Ended {
  readonly app: TestApp;
  readonly id: string;
  readonly answer: unknown;
}

describe.each(PLATFORMS)('app.close() on %s', (platform) => {
  const ended = new Map<string, Ended>();

  async function close([name, { hanging, ask }]: (typeof CASES)[number]): Promise<void> {
    const app = await startHanging({ platform }, hanging);
    const answer = ask(app).catch(() => 'closed');
    await app.gate.reached;
    const [{ id } = { id: '' }] = (await app.tus.list()).items;
    await app.nest.close();
    await goOn(app.gate);
    ended.set(name, { app, id, answer: await answer });
  }

  // All at once, for each takes its part of a second.
  beforeAll(async () => void (await Promise.all(CASES.map(close))), PROMPTLY);

  afterAll(async () => {
    for (const { app } of ended.values()) {
      await app.close();
      await removeTempFolder(app.folder!);
    }
  });

  it.each(CASES)('does not wait for %s', async (name, { check, method, isAnswered }) => {
    const { app, id, answer } = ended.get(name)!;
    if (!isAnswered) expect(answer).toBe('closed');
    const lines = app.logs.of('warn').filter((line) => line.includes('had not returned'));
    const subject = method === 'Crew#create' ? 'A new upload' : `Upload ${id}`;
    const told = lines.filter((line) => method && line.includes(`${subject}: ${method} `));
    // Those of other apps of this process are among them.
    expect(told).toHaveLength(method === undefined ? 0 : 1);

    const next = await startHanging({ platform, tmpFileDir: app.tmpFileDir });
    await check(next, id);
    await next.close();
  });

  it('is quiet about what comes too late', () => {
    for (const { app } of ended.values()) expect(app.logs.errors()).toEqual([]);
  });
});

describe.each(PLATFORMS)('app.close() on %s, when nobody has asked', (platform) => {
  const clock = useClock();

  /** Leaves an upload that is whole, and on which nothing was decided. */
  async function leaveUndecided(): Promise<TestApp & CreatedUpload> {
    const app = await startHanging({ platform });
    const upload = await half(app);
    await writeFile(join(app.tmpFileDir, upload.id), 'hello');
    await app.nest.close();
    return Object.assign(app, { ...upload });
  }

  it(
    'does not wait for a decision that the repair after a start asks for',
    async () => {
      const first = await leaveUndecided();
      const { id, tmpFileDir } = first;
      const second = await startHanging({ platform, tmpFileDir }, 'finish');
      await second.gate.reached;

      await second.nest.close();
      await goOn(second.gate);

      const third = await startHanging({ platform, tmpFileDir });
      await expectFinished(third, id);
      expect(third.logs.errors()).toEqual([]);
      await third.close();
      await first.close();
    },
    PROMPTLY,
  );

  it(
    'does not wait for a decision that a cleanup pass asks for',
    async () => {
      const first = await leaveUndecided();
      const { id, tmpFileDir } = first;
      const tus = { background: false };
      const second = await startHanging({ platform, tmpFileDir, tus }, 'finish');
      clock.advance(24 * 3_600_000 + 1000);
      const pass = second.tus.cleanup();
      await second.gate.reached;

      await second.nest.close();
      await goOn(second.gate);
      await pass;

      const third = await startHanging({ platform, tmpFileDir });
      await expectFinished(third, id);
      expect(third.logs.errors()).toEqual([]);
      await third.close();
      await first.close();
    },
    PROMPTLY,
  );
});

describe.each(PLATFORMS)('A decision that comes after app.close() on %s', (platform) => {
  it("touches nothing, for the upload may be another process's", async () => {
    const gate = new Gate();

    @Injectable()
    class Placing {
      @BeforeUploadCreate()
      place(): object {
        return { path: 'placed' };
      }

      @BeforeUploadFinish()
      decide(): Promise<void> {
        return gate.pass();
      }
    }

    const app = await startApp({ platform, providers: [Placing] });
    const answer = whole(app).catch(() => 'closed');
    await gate.reached;
    const [{ id } = { id: '' }] = (await app.tus.list()).items;

    await app.nest.close();
    await goOn(gate);

    expect(await answer).toBe('closed');
    expect(await listFiles(app.tmpFileDir)).toContain(id);
    expect(await listFiles(app.tmpFileDir)).not.toContain('placed');
    await app.close();
  });
});

describe.each(PLATFORMS)('app.close() on %s, with several instances', (platform) => {
  it('tells all of them to end before it waits for one', async () => {
    const order: string[] = [];
    const called: Gate[] = [new Gate(), new Gate()];

    const untilTold = async (index: number, { signal }: DeliveryContext): Promise<void> => {
      void called[index]!.pass();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      order.push('told');
    };

    @Injectable()
    class Handlers {
      @OnUploadFinished()
      first(_upload: FinishedUpload, context: DeliveryContext): Promise<void> {
        return untilTold(0, context);
      }

      @OnUploadFinished({ instance: 'other' })
      second(_upload: FinishedUpload, context: DeliveryContext): Promise<void> {
        return untilTold(1, context);
      }
    }

    const app = await startApp({
      platform,
      providers: [Handlers],
      imports: (tmpFileDir) => [
        TusModule.forRoot({ name: 'other', uploadPath: '/other', tmpFileDir: `${tmpFileDir}-2` }),
      ],
    });
    const other = app.nest.get<TusService>(getTusToken('other'), { strict: false });
    for (const tus of [app.tus, other]) {
      tus.events$.subscribe({ complete: () => order.push('ended') });
    }
    await whole(app);
    await create(app, { path: '/other', length: 5, body: 'hello' });
    await Promise.all(called.map(({ reached }) => reached));

    await app.close();

    expect(order).toEqual(['told', 'told', 'ended', 'ended']);
  });
});
