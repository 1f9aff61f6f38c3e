import { DeliveryRunner } from '../../lib/delivery/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import { TUS_REGISTRY } from '../../lib/tus.constants.js';
import {
  PLATFORMS,
  create,
  eventually,
  patch,
  removeTempFolder,
  startApp,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { Gate } from '../support/gate.js';
import { type Worker, withWorker, workerOf } from './worker.js';

const registryOf = (app: TestApp) => app.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });

/** Counts the deliveries that an app takes out of its registry. */
function watchClaims(app: TestApp): { count: number } {
  const claims = { count: 0 };
  const registry = registryOf(app);
  const claim = registry.claimDelivery.bind(registry);
  registry.claimDelivery = (...claimed) => {
    claims.count += 1;
    return claim(...claimed);
  };
  return claims;
}

async function statesOf(app: TestApp, uploadId: string): Promise<string[]> {
  const { items } = await app.tus.deliveries({ uploadId });
  const ofWorker = items.filter(({ handler }) => handler === 'worker');
  return ofWorker.map(({ state, attempt }) => `${state} ${attempt}`);
}

/** Holds up the handler for chosen uploads. */
function holdUp(worker: Worker, isHeld: (upload: FinishedUpload) => boolean): Gate {
  const gate = new Gate();
  worker.work = (upload) => (isHeld(upload) ? gate.pass() : undefined);
  return gate;
}

describe.each(PLATFORMS)('a delivery and the room for it on %s', (platform) => {
  const one = { concurrency: 1, attempts: 3, backoff: { first: '10ms' } } as const;
  const app = useApp(withWorker(platform, { delivery: one }));

  afterEach(() => (workerOf(app()).work = () => undefined));

  it('runs from the commit of its upload on when there is room, and is not claimed', async () => {
    const claims = watchClaims(app());
    const gate = holdUp(workerOf(app()), () => true);
    const upload = await uploadWhole(app(), 'hello');
    await gate.reached;

    expect(await statesOf(app(), upload.id)).toEqual(['running 1']);
    gate.open();
    await eventually(async () => expect(await statesOf(app(), upload.id)).toEqual([]));
    expect(workerOf(app()).attemptsAt(upload.id)).toEqual([1]);
    expect(claims.count).toBe(0);
  });

  it('waits in the registry behind a handler that takes its time', async () => {
    const slow = await startApp(withWorker(platform, { delivery: one }));
    const gate = holdUp(workerOf(slow), () => true);
    const first = await uploadWhole(slow, 'first');
    await gate.reached;
    const second = await uploadWhole(slow, 'second');

    expect(await statesOf(slow, first.id)).toEqual(['running 1']);
    expect(await statesOf(slow, second.id)).toEqual(['waiting 0']);
    gate.open();
    await workerOf(slow).attempt(second.id, 1);
    await slow.close();
  });

  it('is given back when a handler that was quick hangs', async () => {
    Object.assign(app().nest.get(DeliveryRunner, { strict: false }), { patience: 50 });
    await workerOf(app()).attempt((await uploadWhole(app(), 'quick')).id, 1);
    const gate = holdUp(workerOf(app()), () => true);
    const hanging = await uploadWhole(app(), 'hanging');
    await gate.reached;
    const next = await uploadWhole(app(), 'next');

    await eventually(async () => expect(await statesOf(app(), next.id)).toEqual(['waiting 0']));
    expect(await statesOf(app(), hanging.id)).toEqual(['running 1']);
    gate.open();
    await workerOf(app()).attempt(next.id, 1);
    expect(workerOf(app()).attemptsAt(next.id)).toEqual([1]);
  });

  it('is given back at the end of the app, and begun by the next one', async () => {
    const first = await startApp(withWorker(platform, { delivery: one }));
    await workerOf(first).attempt((await uploadWhole(first, 'quick')).id, 1);
    const gate = holdUp(workerOf(first), () => true);
    await uploadWhole(first, 'running');
    await gate.reached;
    const next = await uploadWhole(first, 'next');
    const closing = first.nest.close();
    await eventually(async () => {
      const { items } = await registryOf(first).deliveries({ uploadId: next.id, state: 'waiting' });
      expect(items).toMatchObject([{ handler: 'worker', attempt: 0 }]);
    });
    gate.open();
    await closing;

    const second = await startApp({
      ...withWorker(platform, { delivery: one }),
      tmpFileDir: first.tmpFileDir,
    });
    await workerOf(second).attempt(next.id, 1);
    expect(workerOf(first).attemptsAt(next.id)).toEqual([]);
    await second.close();
    await removeTempFolder(first.folder!);
  });

  it('takes no room for an upload whose finish could not be stored', async () => {
    const registry = registryOf(app());
    const change = registry.change.bind(registry);
    let isBroken = true;
    registry.change = (id, decide) =>
      change(id, (record, usages) => {
        const changed = decide(record, usages);
        if (isBroken && changed?.record.state === 'finished') throw new Error('Told to fail.');
        return changed;
      });
    const upload = await create(app(), { length: 5 });
    for (let tries = 0; tries < 3; tries++) {
      expect(
        (await patch(app(), upload, { offset: 5 * Math.sign(tries), body: tries ? '' : 'hello' }))
          .status,
      ).toBe(500);
    }
    isBroken = false;
    expect((await patch(app(), upload, { offset: 5, body: '' })).status).toBe(204);

    await workerOf(app()).attempt(upload.id, 1);
    expect(workerOf(app()).attemptsAt(upload.id)).toEqual([1]);
    registry.change = change;
  });
});
