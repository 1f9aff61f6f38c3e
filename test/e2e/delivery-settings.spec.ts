import { Injectable } from '@nestjs/common';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OnUploadFailed, OnUploadFinished, TusModule } from '../../lib/index.js';
import type {
  Delivery,
  DeliveryContext,
  DeliveryQuery,
  FinishedUpload,
  Upload,
} from '../../lib/index.js';
import { DeliveryOrchestrator } from '../../lib/delivery/index.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import { TUS_REGISTRY } from '../../lib/tus.constants.js';
import { FinishedFiles } from '../../lib/uploads/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  offsetOf,
  patch,
  removeTempFolder,
  startApp,
  storedBytes,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { PlatformName, TestApp, TusOptions } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';

interface Call {
  readonly handler: string;
  readonly upload: FinishedUpload;
}

type Work = (upload: FinishedUpload, context: DeliveryContext) => unknown;

/** Handlers with rules of their own, which do what a test tells them to. */
@Injectable()
class Crew {
  readonly calls = new Calls<Call>();
  readonly failures = new Calls<Delivery>();

  /** What each handler does; nothing unless set. */
  work: Record<string, Work> = {};

  @OnUploadFinished({ id: 'patient' })
  patient(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('patient', upload, context);
  }

  @OnUploadFinished({ id: 'hasty', attempts: 1 })
  hasty(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('hasty', upload, context);
  }

  @OnUploadFinished({
    id: 'slow',
    backoff: { first: '1h', max: '2h' },
    when: ({ metadata }) => metadata['for'] === 'slow',
  })
  slow(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('slow', upload, context);
  }

  @OnUploadFailed()
  failed(_upload: Upload, delivery: Delivery): void {
    this.failures.add(delivery);
  }

  /** Attempts of a handler at one upload, in order. */
  attemptsOf(handler: string, id: string): number[] {
    return this.calls.all
      .filter((call) => call.handler === handler && call.upload.id === id)
      .map(({ upload }) => upload.attempt);
  }

  /** Waits until a handler was called for an upload. */
  called(handler: string, id: string, attempt = 1): Promise<Call> {
    return this.calls.first(
      (call) =>
        call.handler === handler && call.upload.id === id && call.upload.attempt === attempt,
    );
  }

  private run(handler: string, upload: FinishedUpload, context: DeliveryContext): unknown {
    this.calls.add({ handler, upload });
    return this.work[handler]?.(upload, context);
  }
}

const crewOf = (app: TestApp): Crew => app.nest.get(Crew);

const fail = (): never => {
  throw new Error('It is broken.');
};

function withCrew(platform: PlatformName, delivery: TusOptions['delivery'] = {}) {
  return {
    platform,
    providers: [Crew],
    tus: {
      cleanup: { every: false as const },
      delivery: { attempts: 3, backoff: { first: '1ms' }, ...delivery },
    },
  };
}

async function deliveriesOf(app: TestApp, uploadId: string, query: DeliveryQuery = {}) {
  const { items } = await app.tus.deliveries({ uploadId, ...query });
  return items.sort((a, b) => (a.handler < b.handler ? -1 : 1));
}

/** Waits until an upload's deliveries are as told, by handler: `state attempt`. */
async function expectDeliveries(
  app: TestApp,
  id: string,
  expected: Record<string, string>,
): Promise<void> {
  await eventually(async () => {
    const rows = await deliveriesOf(app, id);
    const told = rows.map(({ handler, state, attempt }) => [handler, `${state} ${attempt}`]);
    expect(Object.fromEntries(told)).toEqual(expected);
  });
}

describe.each(PLATFORMS)('deliveries on %s', (platform) => {
  const app = useApp(withCrew(platform));
  const crew = (): Crew => crewOf(app());
  beforeEach(() => {
    crew().work = {};
  });

  it('follow the rules of each handler', async () => {
    crew().work = { patient: fail, hasty: fail, slow: fail };
    const before = Date.now();
    const upload = await create(app(), { length: 5, metadata: { for: 'slow' } });
    const { status } = await patch(app(), upload, { body: 'hello' });
    await expectDeliveries(app(), upload.id, {
      hasty: 'dead 1',
      patient: 'dead 3',
      slow: 'waiting 1',
    });

    const [hasty, , slow] = await deliveriesOf(app(), upload.id);
    expect(status).toBe(204);
    expect(hasty).toEqual({
      uploadId: upload.id,
      handler: 'hasty',
      state: 'dead',
      attempt: 1,
      error: 'It is broken.',
    });
    expect(slow).toMatchObject({ state: 'waiting', attempt: 1, error: 'It is broken.' });
    expect(slow!.dueAt!.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(crew().attemptsOf('patient', upload.id)).toEqual([1, 2, 3]);
    expect(crew().attemptsOf('hasty', upload.id)).toEqual([1]);
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it('that were given up are listed until they succeed, a page at a time', async () => {
    crew().work = { hasty: fail, patient: fail };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), id, { hasty: 'dead 1', patient: 'dead 3' });
    const first = await app().tus.deliveries({ state: 'dead', uploadId: id, limit: 1 });
    const second = await app().tus.deliveries({
      state: 'dead',
      uploadId: id,
      cursor: first.cursor,
    });
    const all = await app().tus.deliveries({ state: 'dead', limit: 1000 });
    crew().work = {};
    await app().tus.retry(id);
    await expectDeliveries(app(), id, {});

    expect(
      [first.items, second.items]
        .flat()
        .map(({ handler }) => handler)
        .sort(),
    ).toEqual(['hasty', 'patient']);
    expect(second.cursor).toBeUndefined();
    expect(all.items.filter(({ uploadId }) => uploadId === id)).toHaveLength(2);
    expect(await deliveriesOf(app(), id, { state: 'dead' })).toEqual([]);
  });

  it('are tried again by retry(), with all attempts before them', async () => {
    crew().work = { patient: fail };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), id, { patient: 'dead 3' });
    const revived = await app().tus.retry(id);
    await crew().failures.first(({ uploadId, attempt }) => uploadId === id && attempt === 6);
    await expectDeliveries(app(), id, { patient: 'dead 6' });
    crew().work = { patient: ({ attempt }) => attempt < 8 && fail() };
    await app().tus.retry(id);
    await expectDeliveries(app(), id, {});

    expect(revived).toBe(1);
    expect(crew().attemptsOf('patient', id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(
      crew()
        .failures.all.filter(({ uploadId }) => uploadId === id)
        .map(({ attempt }) => attempt),
    ).toEqual([3, 6]);
    expect(crew().attemptsOf('hasty', id)).toEqual([1]);
  });

  it('are tried again by retry() for one handler', async () => {
    crew().work = { patient: fail, hasty: fail };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), id, { patient: 'dead 3', hasty: 'dead 1' });
    crew().work = {};
    const revived = await app().tus.retry(id, 'hasty');
    await expectDeliveries(app(), id, { patient: 'dead 3' });

    expect(revived).toBe(1);
    expect(crew().attemptsOf('hasty', id)).toEqual([1, 2]);
    expect(crew().attemptsOf('patient', id)).toEqual([1, 2, 3]);
  });

  it('that were not given up, or are unknown, are none to retry', async () => {
    const { id } = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), id, {});

    expect(await app().tus.retry(id)).toBe(0);
    expect(await app().tus.retry('0'.repeat(32))).toBe(0);
    expect(await app().tus.retry(id, 'nobody')).toBe(0);
  });

  it('are listed while they run', async () => {
    const gate = new Gate();
    crew().work = { patient: () => gate.pass() };
    const { id } = await uploadWhole(app(), 'hello');
    await gate.reached;
    await expectDeliveries(app(), id, { patient: 'running 1' });
    const [running] = await deliveriesOf(app(), id, { state: 'running' });
    gate.open();
    await expectDeliveries(app(), id, {});

    expect(running).toEqual({
      uploadId: id,
      handler: 'patient',
      state: 'running',
      attempt: 1,
      startedAt: expect.any(Date),
    });
  });
});

describe.each(PLATFORMS)('the "when" of a handler on %s', (platform) => {
  @Injectable()
  class Choosy {
    static readonly asked: string[] = [];
    readonly calls = new Calls<string>();

    @OnUploadFinished({
      id: 'choosy',
      when: ({ id, metadata }) => {
        Choosy.asked.push(id);
        if (metadata['is'] === 'strange') throw new Error('I cannot tell.');
        return metadata['is'] !== 'boring';
      },
      backoff: { first: '1ms' },
    })
    handle({ id, attempt }: FinishedUpload): void {
      this.calls.add(`${id} ${attempt}`);
      if (attempt < 3) throw new Error('Not yet.');
    }
  }

  const app = useApp({ platform, providers: [Choosy] });
  const countAsked = (id: string): number => Choosy.asked.filter((asked) => asked === id).length;

  it('is asked once, when the upload is finished, however often the handler is called', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const early = countAsked(upload.id);
    await patch(app(), upload, { offset: 5, body: 'world' });
    const { calls } = app().nest.get(Choosy);
    await calls.first((call) => call === `${upload.id} 3`);
    await expectDeliveries(app(), upload.id, {});

    expect([early, countAsked(upload.id)]).toEqual([0, 1]);
  });

  it('that says no leaves nothing to deliver', async () => {
    const metadata = { is: 'boring' };
    const { id } = await create(app(), { length: 5, body: 'hello', metadata });
    await app().finished.of(id);
    await expectDeliveries(app(), id, {});

    expect(countAsked(id)).toBe(1);
    expect(
      app()
        .nest.get(Choosy)
        .calls.all.filter((call) => call.startsWith(id)),
    ).toEqual([]);
  });

  it('that throws has the handler called, and is logged', async () => {
    const metadata = { is: 'strange' };
    const { id } = await create(app(), { length: 5, body: 'hello', metadata });
    await app()
      .nest.get(Choosy)
      .calls.first((call) => call === `${id} 3`);

    expect(app().logs.errors()).toEqual([
      expect.stringContaining(
        `Upload ${id}: the "when" of choosy failed, so it is called: I cannot tell.`,
      ),
    ]);
  });
});

describe.each(PLATFORMS)('deliveries and the next version of an app on %s', (platform) => {
  const apps: TestApp[] = [];
  afterEach(async () => {
    const [first] = apps;
    for (const app of apps.splice(0)) await app.close();
    if (first) await removeTempFolder(first.folder!);
  });

  async function start(providers: (new () => object)[]): Promise<TestApp> {
    const previous = apps.at(-1);
    await previous?.nest.close();
    const app = await startApp({
      ...withCrew(platform),
      providers,
      tmpFileDir: apps[0]?.tmpFileDir,
    });
    apps.push(app);
    return app;
  }

  @Injectable()
  class Renamed {
    readonly calls = new Calls<FinishedUpload>();

    @OnUploadFinished({ id: 'slow' })
    handle(upload: FinishedUpload): void {
      this.calls.add(upload);
    }
  }

  it('whose handlers were renamed are reported at its start, with how many there are', async () => {
    const first = await start([Crew]);
    crewOf(first).work = { slow: fail, hasty: fail };
    const ids: string[] = [];
    for (let upload = 0; upload < 2; upload++) {
      const { id } = await create(first, { length: 5, body: 'hello', metadata: { for: 'slow' } });
      await expectDeliveries(first, id, { slow: 'waiting 1', hasty: 'dead 1' });
      ids.push(id);
    }
    const second = await start([]);
    const lines = await eventually(() => {
      const told = second.logs.of('warn').filter((line) => line.includes('there are deliveries'));
      expect(told).toHaveLength(2);
      return told.sort();
    });
    const third = await start([Renamed]);
    await eventually(() => expect(third.logs.of('warn').join()).toContain('"hasty"'));

    expect(lines).toEqual([
      expect.stringContaining('handler "hasty", but there are deliveries to it (2 given up)'),
      expect.stringContaining('handler "slow", but there are deliveries to it (2 waiting)'),
    ]);
    expect(lines[1]).toContain("Give the handler that took its place the id 'slow'");
    expect(third.logs.of('warn').join()).not.toContain('"slow"');
    for (const id of ids) {
      await expectDeliveries(third, id, { slow: 'waiting 1', hasty: 'dead 1' });
    }
  });

  it('are all accounted for when none was renamed', async () => {
    const first = await start([Crew]);
    crewOf(first).work = { hasty: fail };
    const { id } = await uploadWhole(first, 'hello');
    await expectDeliveries(first, id, { hasty: 'dead 1' });
    const second = await start([Crew]);
    await second.finished.of((await uploadWhole(second, 'next')).id);
    await second.nest.close();

    expect(second.logs.of('warn')).toEqual([]);
  });
});

describe.each(PLATFORMS)('a handler and the end of its app on %s', (platform) => {
  let first: TestApp;
  let second: TestApp | undefined;
  beforeEach(async () => {
    first = await startApp(withCrew(platform));
  });
  afterEach(async () => {
    await second?.close();
    await removeTempFolder(first.folder!);
  });

  async function restart(): Promise<Crew> {
    await first.nest.close();
    second = await startApp({ ...withCrew(platform), tmpFileDir: first.tmpFileDir });
    return crewOf(second);
  }

  it('hears of it by its signal, and is done when it returns then', async () => {
    const signals: AbortSignal[] = [];
    crewOf(first).work = {
      patient: async (_upload, { signal }) => {
        signals.push(signal);
        await once(signal, 'abort');
      },
    };
    const { id } = await uploadWhole(first, 'hello');
    await crewOf(first).called('patient', id);
    const before = signals.map(({ aborted }) => aborted);
    const crew = await restart();
    const next = await uploadWhole(second!, 'next');
    await crew.called('patient', next.id);

    expect(before).toEqual([false]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(crew.attemptsOf('patient', id)).toEqual([]);
    await expectDeliveries(second!, id, {});
  });

  it('is called again by the next one, when it throws then', async () => {
    crewOf(first).work = {
      patient: async (_upload, { signal }) => {
        await once(signal, 'abort');
        signal.throwIfAborted();
      },
    };
    const { id } = await uploadWhole(first, 'hello');
    await crewOf(first).called('patient', id);
    const crew = await restart();
    await crew.called('patient', id);

    await expectDeliveries(second!, id, {});
    // A handler that gives up because the app ends has not failed.
    expect(crew.attemptsOf('patient', id)).toEqual([1]);
  });
});

describe('deliveries of a process that died', () => {
  const app = useApp(withCrew('express'));

  it('are taken over once the registry can be written to again', async () => {
    const registry = app().nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    crewOf(app()).work = { slow: fail };
    const metadata = { for: 'slow' };
    const { id } = await create(app(), { length: 5, body: 'hello', metadata });
    await eventually(async () => {
      expect((await deliveriesOf(app(), id)).map(({ state }) => state)).toEqual(['waiting']);
    });
    crewOf(app()).work = {};
    await registry.claimDelivery({ uploadId: id, handler: 'slow' }, 'gone', Date.now());
    jest.spyOn(registry, 'releaseDeliveries').mockRejectedValueOnce(new Error('It is full.'));

    void app().nest.get(DeliveryOrchestrator, { strict: false })['takeOverFrom']('gone');

    await crewOf(app()).called('slow', id, 3);
    expect(app().logs.errors().join()).toContain('Deliveries could not be taken over');
  });
});

describe.each(PLATFORMS)('deliveries of a clock that was ahead on %s', (platform) => {
  const clock = useClock();
  const HOURS = 5 * 3_600_000;
  const apps: TestApp[] = [];
  afterEach(async () => {
    const [first] = apps;
    for (const app of apps.splice(0)) await app.close();
    await removeTempFolder(first!.folder!);
  });

  async function start({
    concurrency,
    ...backoff
  }: {
    first: string;
    max?: string;
    concurrency?: number;
  }): Promise<TestApp> {
    const options = withCrew(platform, { backoff, concurrency });
    const app = await startApp({ ...options, tmpFileDir: apps[0]?.tmpFileDir });
    apps.push(app);
    return app;
  }

  it('are retried soon after it was set right', async () => {
    const app = await start({ first: '200ms' });
    crewOf(app).work = { patient: ({ attempt }) => attempt === 1 && fail() };
    clock.advance(HOURS);
    const { id } = await uploadWhole(app, 'hello');
    await expectDeliveries(app, id, { patient: 'waiting 1' });
    clock.advance(-HOURS);
    await crewOf(app).called('patient', id, 2);

    expect(crewOf(app).attemptsOf('patient', id)).toEqual([1, 2]);
  });

  it('are retried by the next app, when it was set right between the two', async () => {
    const first = await start({ first: '1h' });
    crewOf(first).work = { patient: fail };
    clock.advance(HOURS);
    const { id } = await uploadWhole(first, 'hello');
    await expectDeliveries(first, id, { patient: 'waiting 1' });
    await first.nest.close();
    clock.advance(-HOURS);
    const second = await start({ first: '1h' });
    await crewOf(second).called('patient', id, 2);

    expect(crewOf(second).attemptsOf('patient', id)).toEqual([2]);
  });

  it('wait as long as they were told to, where the clock may have said so', async () => {
    const first = await start({ first: '10m', max: '6h' });
    crewOf(first).work = { patient: fail };
    clock.advance(HOURS);
    const { id } = await uploadWhole(first, 'hello');
    await expectDeliveries(first, id, { patient: 'waiting 1' });
    await first.nest.close();
    clock.advance(-HOURS);
    const second = await start({ first: '10m', max: '6h' });
    const next = await uploadWhole(second, 'world');
    await crewOf(second).called('patient', next.id);

    expect(crewOf(second).attemptsOf('patient', id)).toEqual([]);
  });

  it('are begun, when they were born before it was set right', async () => {
    const app = await start({ first: '1h', concurrency: 1 });
    const gate = new Gate();
    crewOf(app).work = { patient: () => gate.pass() };
    await uploadWhole(app, 'hello');
    await gate.reached;
    clock.advance(HOURS);
    const { id } = await uploadWhole(app, 'world');
    clock.advance(-HOURS);
    gate.open();
    await crewOf(app).called('patient', id);
    await expectDeliveries(app, id, {});
  });
});

describe.each(PLATFORMS)("afterDelivery: 'remove' on %s", (platform) => {
  const clock = useClock();
  const app = useApp(withCrew(platform, { afterDelivery: 'remove' }));
  const crew = (): Crew => crewOf(app());
  beforeEach(() => {
    crew().work = {};
  });

  /** Waits until an upload has no file any more, and is complete for its client all the same. */
  async function expectRemoved(upload: { id: string; path: string }): Promise<void> {
    await eventually(() => expect(existsSync(join(app().tmpFileDir, upload.id))).toBe(false));
    expect(await app().tus.find(upload.id)).not.toHaveProperty('path');
    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await patch(app(), upload, { offset: 5, body: '' })).status).toBe(204);
  }

  it('removes the file after the last handler, and not before', async () => {
    const gate = new Gate();
    let read = '';
    crew().work = {
      patient: async ({ path }) => {
        await gate.pass();
        read = await readFile(path, 'utf8');
      },
    };
    const upload = await uploadWhole(app(), 'hello');
    await gate.reached;
    await expectDeliveries(app(), upload.id, { patient: 'running 1' });
    const meanwhile = (await storedBytes(app(), upload)).toString();
    gate.open();
    await expectRemoved(upload);

    expect([meanwhile, read]).toEqual(['hello', 'hello']);
  });

  it('keeps the file for a delivery that was given up, until it has succeeded', async () => {
    crew().work = { patient: fail };
    const upload = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), upload.id, { patient: 'dead 3' });
    clock.advance(24 * 3_600_000);
    await app().tus.cleanup();
    const kept = (await storedBytes(app(), upload)).toString();
    crew().work = {};
    await app().tus.retry(upload.id);

    await expectRemoved(upload);
    expect(kept).toBe('hello');
  });

  it('never touches a file that was moved away', async () => {
    const target = join(app().folder!, 'moved.txt');
    crew().work = { patient: ({ id }) => app().tus.moveTo(id, target) };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), id, {});
    clock.advance(24 * 3_600_000);
    await app().tus.cleanup();

    expect(await readFile(target, 'utf8')).toBe('hello');
    expect((await app().tus.find(id))?.path).toBe(target);
  });

  it('does no harm after a handler that has deleted the file', async () => {
    crew().work = { hasty: ({ id }) => app().tus.cleanupFile(id) };
    const upload = await uploadWhole(app(), 'hello');

    await expectRemoved(upload);
    await expectDeliveries(app(), upload.id, {});
    expect(app().logs.errors().join()).not.toContain(upload.id);
  });

  it('is left to the cleanup by a process that does not come to it', async () => {
    const files = app().nest.get(FinishedFiles, { strict: false });
    const remove = jest.spyOn(files, 'remove').mockRejectedValue(new Error('The power fails.'));
    const upload = await uploadWhole(app(), 'hello');
    await expectDeliveries(app(), upload.id, {});
    // Handlers that end together may all try; those of a later upload try after them.
    const barrier = await uploadWhole(app(), 'later');
    await eventually(() => expect(remove).toHaveBeenCalledWith(barrier.id));
    remove.mockRestore();
    const early = await app().tus.cleanup();
    const kept = (await storedBytes(app(), upload)).toString();
    clock.advance(2 * 60_000);
    const late = await app().tus.cleanup();

    expect(kept).toBe('hello');
    expect(early.removed).toBe(0);
    expect(late.removed).toBeGreaterThan(0);
    await expectRemoved(upload);
  });
});

describe.each(PLATFORMS)("afterDelivery: 'remove' without a handler on %s", (platform) => {
  const clock = useClock();
  const app = useApp({
    platform,
    tus: false,
    providers: [],
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        tmpFileDir,
        cleanup: { every: false },
        delivery: { afterDelivery: 'remove' },
      }),
    ],
  });

  it('keeps the file: nobody has taken it', async () => {
    const upload = await uploadWhole(app(), 'hello');
    clock.advance(24 * 3_600_000);
    await app().tus.cleanup();

    expect(await readFile(await app().tus.getFilepath(upload.id), 'utf8')).toBe('hello');
  });
});
