import { Injectable } from '@nestjs/common';
import { once } from 'node:events';
import { DeliveryAttempts, HandlerRuns } from '../../lib/delivery/index.js';
import { OnUploadCreated, OnUploadFailed, OnUploadFinished } from '../../lib/index.js';
import type { Delivery, DeliveryContext, FinishedUpload, Upload } from '../../lib/index.js';
import { eventually, PLATFORMS, uploadWhole, useApp } from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { Gate } from '../support/gate.js';

type Work = (upload: FinishedUpload, context: DeliveryContext) => unknown;

/** Handlers that do what a test tells them to, and keep account of it. */
@Injectable()
class Crew {
  readonly calls = new Calls<{ handler: string; id: string; attempt: number }>();
  readonly failures = new Calls<Delivery>();
  readonly gates: Gate[] = [];

  /** What each handler does; nothing unless set. */
  work: Record<string, Work> = {};

  @OnUploadFinished({ id: 'first' })
  first(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('first', upload, context);
  }

  @OnUploadFinished({ id: 'second' })
  second(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('second', upload, context);
  }

  @OnUploadFinished({ id: 'lonely', concurrency: 1, attempts: 2, timeout: '50ms' })
  lonely(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('lonely', upload, context);
  }

  @OnUploadFinished({ id: 'timeless', timeout: false })
  timeless(upload: FinishedUpload, context: DeliveryContext): unknown {
    return this.run('timeless', upload, context);
  }

  @OnUploadFailed()
  failed(_upload: Upload, delivery: Delivery): void {
    this.failures.add(delivery);
  }

  /** Waits until a handler was called for an upload. */
  async called(handler: string, id: string, attempt = 1): Promise<void> {
    await this.calls.first(
      (call) => call.handler === handler && call.id === id && call.attempt === attempt,
    );
  }

  attemptsOf(handler: string, id: string): number[] {
    return this.calls.all
      .filter((call) => call.handler === handler && call.id === id)
      .map(({ attempt }) => attempt);
  }

  /** Work that ends when the test does, whatever it is told. */
  hang(): Promise<void> {
    const gate = new Gate();
    this.gates.push(gate);
    return gate.pass();
  }

  reset(): void {
    this.work = {};
    for (const gate of this.gates.splice(0)) gate.open();
  }

  private run(handler: string, { id, attempt }: FinishedUpload, context: DeliveryContext): unknown {
    this.calls.add({ handler, id, attempt });
    return this.work[handler]?.({ id, attempt } as FinishedUpload, context);
  }
}

const BACKOFF = { first: '1ms', max: '20ms' };

function useCrew(options: Parameters<typeof useApp>[0]) {
  const app = useApp({ providers: [Crew], ...options });
  const crew = (): Crew => app().nest.get(Crew);
  afterEach(() => crew().reset());
  return { app, crew };
}

async function deliveryOf(app: TestApp, uploadId: string, handler: string) {
  const { items } = await app.tus.deliveries({ uploadId });
  return items.find((delivery) => delivery.handler === handler);
}

/** Waits until a delivery is as told: `state attempt`; `undefined` once it is done. */
async function expectDelivery(
  app: TestApp,
  id: string,
  handler: string,
  expected: string | undefined,
): Promise<Delivery | undefined> {
  return eventually(async () => {
    const delivery = await deliveryOf(app, id, handler);
    expect(delivery && `${delivery.state} ${delivery.attempt}`).toBe(expected);
    return delivery;
  });
}

describe.each(PLATFORMS)('a handler that hangs on %s', (platform) => {
  const { app, crew } = useCrew({ platform, tus: { delivery: { backoff: BACKOFF } } });

  it('holds up no other, however many of its deliveries hang or wait', async () => {
    crew().work = { first: () => crew().hang() };
    const ids: string[] = [];
    for (let upload = 0; upload < 25; upload++) ids.push((await uploadWhole(app(), 'hello')).id);

    for (const id of ids) await crew().called('second', id);
    for (const id of ids) await expectDelivery(app(), id, 'second', undefined);
    expect(crew().gates).toHaveLength(10);
    const { items } = await app().tus.deliveries({ state: 'running' });
    expect(items.filter(({ handler }) => handler === 'first')).toHaveLength(10);

    crew().reset();
    for (const id of ids) await expectDelivery(app(), id, 'first', undefined);
  });

  it('shows by since when it runs', async () => {
    const before = Date.now();
    crew().work = { first: () => crew().hang() };
    const { id } = await uploadWhole(app(), 'hello');
    await crew().called('first', id);
    const running = await expectDelivery(app(), id, 'first', 'running 1');
    crew().reset();
    await expectDelivery(app(), id, 'first', undefined);

    expect(running!.startedAt!.getTime()).toBeGreaterThanOrEqual(before);
    expect(running!.startedAt!.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('is told of in one line, when it runs for long', async () => {
    const runs = app().nest.get(HandlerRuns, { strict: false });
    const usual = runs.longAfter;
    Object.assign(runs, { longAfter: 5 });
    crew().work = { first: () => crew().hang() };
    const { id } = await uploadWhole(app(), 'hello');
    const lines = () =>
      app()
        .logs.of('warn')
        .filter((line) => line.includes(`Upload ${id}: first has been running since 2`));
    await eventually(() => expect(lines()).toHaveLength(1));
    Object.assign(runs, { longAfter: usual });
    crew().reset();
    await expectDelivery(app(), id, 'first', undefined);

    expect(lines()).toHaveLength(1);
  });

  it('has places of its own, as many as its decorator says', async () => {
    crew().work = { lonely: (_upload, { signal }) => once(signal, 'abort') };
    const uploads = [await uploadWhole(app(), 'hello'), await uploadWhole(app(), 'world')];
    for (const { id } of uploads) await expectDelivery(app(), id, 'lonely', undefined);

    const calls = crew().calls.all.filter(({ handler }) => handler === 'lonely');
    const attempts = uploads.map(({ id }) => calls.filter((call) => call.id === id).length);
    expect(attempts).toEqual([1, 1]);
  });
});

describe.each(PLATFORMS)('the timeout of a handler on %s', (platform) => {
  const { app, crew } = useCrew({
    platform,
    tus: { delivery: { attempts: 3, backoff: BACKOFF, timeout: '50ms' } },
  });
  beforeAll(() => {
    Object.assign(app().nest.get(HandlerRuns, { strict: false }), { lastWords: 100 });
  });

  it('aborts its signal; what it throws then is a failed attempt', async () => {
    const reasons: unknown[] = [];
    crew().work = {
      first: async ({ attempt }, { signal }) => {
        if (attempt > 1) return;
        await once(signal, 'abort');
        reasons.push(signal.reason);
        signal.throwIfAborted();
      },
    };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDelivery(app(), id, 'first', undefined);

    expect(reasons).toMatchObject([{ message: 'It did not return within 0.05 s.' }]);
    expect(crew().attemptsOf('first', id)).toEqual([1, 2]);
    const [line] = app()
      .logs.of('warn')
      .filter((text) => text.includes(`${id}: first failed`));
    expect(line).toContain('attempt 1 of 3');
    expect(line).toContain('It did not return within 0.05 s.');
  });

  it('lets it come to its end: returning soon afterwards, it is done', async () => {
    crew().work = { first: (_upload, { signal }) => once(signal, 'abort') };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDelivery(app(), id, 'first', undefined);

    expect(crew().attemptsOf('first', id)).toEqual([1]);
  });

  it('does not have it called again before it has returned, and gives it up', async () => {
    crew().work = { first: () => crew().hang() };
    const { id } = await uploadWhole(app(), 'hello');
    const failure = await crew().failures.first(({ uploadId }) => uploadId === id);
    const dead = await expectDelivery(app(), id, 'first', 'dead 3');
    const called = crew().attemptsOf('first', id);
    crew().reset();
    await app().tus.retry(id);
    await expectDelivery(app(), id, 'first', undefined);

    expect(called).toEqual([1]);
    expect(dead!.error).toBe('It did not return within 0.05 s.');
    expect(failure).toMatchObject({ handler: 'first', state: 'dead', attempt: 3 });
    expect(crew().attemptsOf('first', id)).toEqual([1, 4]);
  });

  it('has the next attempt wait for one that goes on', async () => {
    let running = 0;
    let most = 0;
    crew().work = {
      first: async ({ attempt }) => {
        most = Math.max(most, ++running);
        if (attempt === 1) await crew().hang();
        running -= 1;
      },
    };
    const { id } = await uploadWhole(app(), 'hello');
    await expectDelivery(app(), id, 'first', 'running 2');
    crew().reset();
    await expectDelivery(app(), id, 'first', undefined);

    expect(crew().attemptsOf('first', id).length).toBeGreaterThan(1);
    expect(most).toBe(1);
  });

  it('frees the place of one that goes on', async () => {
    crew().work = { lonely: ({ attempt }) => attempt === 1 && crew().hang() };
    const stuck = await uploadWhole(app(), 'hello');
    await crew().called('lonely', stuck.id);
    crew().work = {};
    const next = await uploadWhole(app(), 'world');
    await expectDelivery(app(), next.id, 'lonely', undefined);

    expect(crew().attemptsOf('lonely', next.id)).toEqual([1]);
    expect(crew().attemptsOf('lonely', stuck.id)).toEqual([1]);
  });

  it('does not hold for a handler that has none', async () => {
    const signals = new Map<string, AbortSignal>();
    crew().work = {
      timeless: (upload, { signal }) => {
        signals.set(upload.id, signal);
        return crew().hang();
      },
      first: (_upload, { signal }) => once(signal, 'abort'),
    };
    const { id } = await uploadWhole(app(), 'hello');
    await crew().called('timeless', id);
    const later = await uploadWhole(app(), 'world');
    await expectDelivery(app(), later.id, 'first', undefined);
    const isAborted = signals.get(id)?.aborted;
    crew().reset();
    await expectDelivery(app(), id, 'timeless', undefined);

    expect(isAborted).toBe(false);
    expect(crew().attemptsOf('timeless', id)).toEqual([1]);
  });
});

describe.each(PLATFORMS)('a handler that tells, and hangs, on %s', (platform) => {
  @Injectable()
  class Hanging {
    @OnUploadCreated()
    hang(): Promise<void> {
      return new Promise(() => undefined);
    }
  }

  const { app, crew } = useCrew({ platform, providers: [Crew, Hanging] });

  it('does not keep finished uploads from their handlers', async () => {
    Object.assign(app().nest.get(DeliveryAttempts, { strict: false }), { patience: 5 });
    const ids: string[] = [];
    for (let upload = 0; upload < 12; upload++) ids.push((await uploadWhole(app(), 'hello')).id);
    for (const id of ids) await expectDelivery(app(), id, 'first', undefined);

    for (const id of ids) expect(crew().attemptsOf('first', id)).toEqual([1]);
    const told = app().logs.of('warn').join();
    expect(told).toContain(
      `Upload ${ids[0]}: a handler that was told of it before has not returned`,
    );
  });
});
