import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DeliveryOrchestrator } from '../../lib/delivery/index.js';
import { TusModule } from '../../lib/index.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import { TUS_REGISTRY } from '../../lib/tus.constants.js';
import {
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  offsetOf,
  patch,
  removeTempFolder,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { StartAppOptions, TestApp } from '../support/index.js';
import { isOnS3 } from '../support/on-s3.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';
import { withWorker, workerOf } from './worker.js';

/** The bytes of a finished upload, wherever they are kept. */
async function textOf({ tus }: TestApp, id: string): Promise<string> {
  return text(await tus.createReadStream(id));
}

/** Waits until nothing is owed any more: the upload can be terminated only then. */
async function settled(app: TestApp, upload: { path: string }): Promise<void> {
  await eventually(async () => expect((await terminate(app, upload)).status).toBe(204));
}

describe.each(PLATFORMS)('what a handler is told on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      owner: (request) => (request as { headers: Record<string, string> }).headers['x-user'],
    },
  });

  it('is all that is known of the upload', async () => {
    const before = new Date();
    const raw = Buffer.from([0xff, 0xfe, 0x41]);
    const upload = await create(app(), {
      length: 11,
      metadata: [
        `filename ${Buffer.from('Überblick 1.pdf').toString('base64')}`,
        `filetype ${Buffer.from('application/pdf').toString('base64')}`,
        `bytes ${raw.toString('base64')}`,
        'empty',
      ].join(','),
      headers: { 'X-User': 'ada' },
    });
    await patch(app(), upload, { body: 'hello world', headers: { 'X-User': 'ada' } });

    const finished = await app().finished.of(upload.id);

    expect(finished).toMatchObject({
      id: upload.id,
      path: isOnS3()
        ? expect.stringMatching(`^s3://.+/${upload.id}$`)
        : join(app().tmpFileDir, upload.id),
      size: 11,
      filename: 'Überblick 1.pdf',
      owner: 'ada',
      attempt: 1,
    });
    expect(finished.metadata).toMatchObject({
      filename: 'Überblick 1.pdf',
      filetype: 'application/pdf',
      empty: '',
    });
    expect(finished.rawMetadata['bytes']!.equals(raw)).toBe(true);
    expect(finished.rawMetadata['empty']).toHaveLength(0);
    expect(finished.createdAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(finished.finishedAt.getTime()).toBeGreaterThanOrEqual(finished.createdAt.getTime());
    expect(finished.finishedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await textOf(app(), finished.id)).toBe('hello world');
  });

  it('has no more in it than the client said', async () => {
    const { id } = await uploadWhole(app(), 'hello');

    const finished = await app().finished.of(id);

    expect(finished.metadata).toEqual({});
    expect(finished.filename).toBeUndefined();
    expect(finished.owner).toBeUndefined();
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\photo.jpg', 'photo.jpg'],
    ['/', undefined],
    ['..', undefined],
    ['a\u0000b\u0007.txt', 'ab.txt'],
    ['line\nbreak.txt', 'linebreak.txt'],
    ['日本語.txt', '日本語.txt'],
  ])('has the file name %j as %j', async (filename, safe) => {
    const upload = await create(app(), { length: 5, body: 'hello', metadata: { filename } });

    const finished = await app().finished.of(upload.id);

    expect(finished.filename).toBe(safe);
    expect(finished.metadata['filename']).toBe(filename);
  });

  it('is told once, whichever request brought the last byte', async () => {
    const byPatch = await uploadWhole(app(), 'hello');
    const byCreation = await create(app(), { length: 5, body: 'hello' });
    const byLength = await create(app(), { body: 'hello' });
    await patch(app(), byLength, { offset: 5, body: '', headers: { 'Upload-Length': '5' } });

    for (const { id } of [byPatch, byCreation, byLength]) {
      const finished = await app().finished.of(id);
      expect(await textOf(app(), finished.id)).toBe('hello');
      expect(app().finished.countOf(id)).toBe(1);
    }
  });

  it.each([
    ['a creation', () => create(app(), { length: 0 })],
    [
      'a creation with an empty body',
      () => create(app(), { length: 0, body: '', headers: { 'Content-Type': OCTETS } }),
    ],
    [
      'a PATCH that sets the deferred length',
      async () => {
        const upload = await create(app());
        await patch(app(), upload, { body: '', headers: { 'Upload-Length': '0' } });
        return upload;
      },
    ],
  ])('has an empty file for an upload of no bytes, made by %s', async (_name, make) => {
    const { id } = await make();

    const finished = await app().finished.of(id);

    expect(finished.size).toBe(0);
    expect(await textOf(app(), finished.id)).toBe('');
    expect(app().finished.countOf(id)).toBe(1);
  });

  it('is not told again for requests to a finished upload', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await app().finished.of(upload.id);

    for (let round = 0; round < 5; round++) {
      expect((await patch(app(), upload, { offset: 5, body: '' })).status).toBe(204);
      expect((await head(app(), upload)).status).toBe(200);
    }
    await app().finished.of((await uploadWhole(app(), 'afterwards')).id);

    expect(app().finished.countOf(upload.id)).toBe(1);
  });
});

describe.each(PLATFORMS)('a handler that throws on %s', (platform) => {
  const app = useApp(withWorker(platform));
  beforeEach(() => {
    workerOf(app()).work = () => undefined;
  });

  it('is called again, and told the attempt', async () => {
    workerOf(app()).work = ({ attempt }) => {
      if (attempt < 3) throw new Error('Not yet.');
    };

    const upload = await uploadWhole(app(), 'hello');
    const third = await workerOf(app()).attempt(upload.id, 3);
    await settled(app(), upload);

    expect(workerOf(app()).attemptsAt(upload.id)).toEqual([1, 2, 3]);
    expect(third).toEqual({ ...(await workerOf(app()).attempt(upload.id, 1)), attempt: 3 });
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each([
    ['an error', () => new Error('It is broken.')],
    ['a text', () => 'It is broken.'],
    ['nothing', () => undefined],
    ['an error whose message is no text', () => Object.assign(new Error(), { message: 1n })],
    ['what cannot be made a text', () => Object.assign(Object.create(null) as object, { code: 7 })],
  ])('is given up after so many attempts, when it throws %s', async (_name, reason) => {
    workerOf(app()).work = () => Promise.reject(reason() as Error);

    const upload = await uploadWhole(app(), 'hello');
    await app().finished.of(upload.id);
    const lines = await eventually(() => {
      const found = app()
        .logs.errors()
        .filter((line) => line.includes(upload.id));
      expect(found).toHaveLength(1);
      return found;
    });
    await settled(app(), upload);

    expect(lines[0]).toContain('worker failed for good, attempt 3');
    expect(workerOf(app()).attemptsAt(upload.id)).toEqual([1, 2, 3]);
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it('is logged with the upload’s id each time', async () => {
    workerOf(app()).work = ({ attempt }) => {
      if (attempt === 1) throw new Error('It is broken.');
    };

    const upload = await uploadWhole(app(), 'hello');
    await workerOf(app()).attempt(upload.id, 2);

    const [line] = app()
      .logs.of('warn')
      .filter((text) => text.includes(upload.id));
    expect(line).toContain('worker failed, attempt 1 of 3');
    expect(line).toContain('It is broken.');
  });

  it('does not change what the client hears', async () => {
    workerOf(app()).work = () => {
      throw new Error('It is broken.');
    };
    const upload = await create(app(), { length: 10, body: 'hello' });

    const last = await patch(app(), upload, { offset: 5, body: 'world' });
    await workerOf(app()).attempt(upload.id, 1);
    const asked = await head(app(), upload);
    const repeated = await patch(app(), upload, { offset: 10, body: '' });

    expect([last.status, asked.status, repeated.status]).toEqual([204, 200, 204]);
    expect(asked.headers['upload-offset']).toBe('10');
  });
});

describe.each(PLATFORMS)('a handler that is to be called again on %s', (platform) => {
  const app = useApp(withWorker(platform, { delivery: { backoff: { first: '200ms' } } }));

  it('is not called for an upload that was terminated meanwhile', async () => {
    let broken = true;
    workerOf(app()).work = () => {
      if (broken) throw new Error('It is broken.');
    };
    const gone = await uploadWhole(app(), 'hello');
    await workerOf(app()).attempt(gone.id, 1);
    await settled(app(), gone);
    const made = workerOf(app()).attemptsAt(gone.id).length;

    // What fails now is due again after what failed before.
    const barrier = await uploadWhole(app(), 'world');
    await workerOf(app()).attempt(barrier.id, 1);
    broken = false;
    await workerOf(app()).attempt(barrier.id, 2);

    expect(workerOf(app()).attemptsAt(gone.id)).toHaveLength(made);
    expectHeadRefused(await head(app(), gone), 410);
  });
});

describe.each(PLATFORMS)('a handler at work on %s', (platform) => {
  const app = useApp(withWorker(platform));
  let gate: Gate;
  beforeEach(() => {
    gate = new Gate();
    workerOf(app()).work = () => gate.pass();
  });
  afterEach(() => gate.open());

  it('does not keep the client waiting', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const last = await patch(app(), upload, { offset: 5, body: 'world' });
    await gate.reached;

    expect(last.status).toBe(204);
    expect(await offsetOf(app(), upload)).toBe(10);
    expect((await patch(app(), upload, { offset: 10, body: '' })).status).toBe(204);
    expect(workerOf(app()).attemptsAt(upload.id)).toEqual([1]);
  });

  it('keeps its file: DELETE is 423 until it is done, then 204', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await gate.reached;

    const refused = await terminate(app(), upload);
    const { id } = await workerOf(app()).attempt(upload.id, 1);
    const kept = await textOf(app(), id);
    gate.open();
    await settled(app(), upload);

    expectRefused(refused, 423);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(kept).toBe('hello');
    expect((await storedBytes(app(), upload)).length).toBe(0);
    expectHeadRefused(await head(app(), upload), 410);
  });

  it('does not hold up other uploads', async () => {
    const first = await uploadWhole(app(), 'hello');
    await workerOf(app()).attempt(first.id, 1);
    workerOf(app()).work = () => undefined;

    const second = await uploadWhole(app(), 'world');

    await workerOf(app()).attempt(second.id, 1);
    await settled(app(), second);
    expectRefused(await terminate(app(), first), 423);
  });
});

describe.each(PLATFORMS)('the number of handlers at work on %s', (platform) => {
  const app = useApp(withWorker(platform, { delivery: { concurrency: 2 } }));

  it('is limited, and all are called in the end', async () => {
    const gates: Gate[] = [];
    let running = 0;
    let most = 0;
    workerOf(app()).work = async () => {
      const gate = new Gate();
      gates.push(gate);
      most = Math.max(most, ++running);
      await gate.pass();
      running--;
    };

    const uploads = await Promise.all(
      Array.from({ length: 6 }, () => create(app(), { length: 5, body: 'hello' })),
    );
    await workerOf(app()).calls.atLeast(2);
    for (const upload of uploads) expect(await offsetOf(app(), upload)).toBe(5);
    const atOnce = running;
    for (let call = 0; call < uploads.length; call++) {
      await workerOf(app()).calls.atLeast(call + 1);
      gates[call]!.open();
    }
    for (const upload of uploads) await settled(app(), upload);

    expect([atOnce, most]).toEqual([2, 2]);
    for (const { id } of uploads) expect(workerOf(app()).attemptsAt(id)).toEqual([1]);
  });
});

describe.each(PLATFORMS)('a delivery and a restart on %s', (platform) => {
  const clock = useClock();

  /** Stops an app but for its folder, and starts another one on it. */
  async function restart(app: TestApp, options: StartAppOptions): Promise<TestApp> {
    await app.nest.close();
    return startApp({ ...options, tmpFileDir: app.tmpFileDir });
  }

  it('that hangs does not keep the app from closing, and is made again by the next one', async () => {
    const first = await startApp(withWorker(platform));
    const gate = new Gate();
    workerOf(first).work = () => gate.pass();
    const upload = await uploadWhole(first, 'hello');
    await gate.reached;

    const second = await restart(first, withWorker(platform));
    const again = await workerOf(second).attempt(upload.id, 2);
    gate.open();

    expect(await textOf(second, again.id)).toBe('hello');
    expect(workerOf(second).attemptsAt(upload.id)).toEqual([2]);
    expect(second.finished.countOf(upload.id)).toBe(0);
    await second.close();
    await removeTempFolder(first.folder!);
  });

  it('that ends while the app is being closed is made once', async () => {
    const first = await startApp(withWorker(platform));
    const gate = new Gate();
    workerOf(first).work = () => gate.pass();
    const upload = await uploadWhole(first, 'hello');
    await gate.reached;
    const closing = first.nest.close();
    gate.open();
    await closing;

    const second = await restart(first, withWorker(platform));
    const next = await uploadWhole(second, 'world');
    await workerOf(second).attempt(next.id, 1);

    expect(workerOf(second).attemptsAt(upload.id)).toEqual([]);
    await second.close();
    await removeTempFolder(first.folder!);
  });

  it('that is being claimed while the app is told to close is begun by the next one', async () => {
    const first = await startApp(withWorker(platform, { delivery: { backoff: { first: '1ms' } } }));
    workerOf(first).work = () => {
      throw new Error('Not yet.');
    };
    const gate = new Gate();
    const registry = first.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    const claim = registry.claimDelivery.bind(registry);
    registry.claimDelivery = async (...claimed) => {
      const row = await claim(...claimed);
      await gate.pass();
      return row;
    };
    const upload = await uploadWhole(first, 'hello');
    await gate.reached;
    const deliveries = first.nest.get(DeliveryOrchestrator, { strict: false });
    const stop = deliveries.stop.bind(deliveries);
    deliveries.stop = () => {
      const stopping = stop();
      gate.open();
      return stopping;
    };

    const second = await restart(first, withWorker(platform));
    await workerOf(second).attempt(upload.id, 2);

    expect(workerOf(first).attemptsAt(upload.id)).toEqual([1]);
    expect(first.logs.errors()).toEqual([]);
    await second.close();
    await removeTempFolder(first.folder!);
  });

  it('that waits for its next attempt is made by the next one, when its time has come', async () => {
    const slow = withWorker(platform, { delivery: { backoff: { first: '1h' } } });
    const first = await startApp(slow);
    workerOf(first).work = () => {
      throw new Error('Not yet.');
    };
    const upload = await uploadWhole(first, 'hello');
    await eventually(() =>
      expect(first.logs.of('warn').join()).toContain(`${upload.id}: worker failed`),
    );

    const second = await restart(first, slow);
    const next = await uploadWhole(second, 'world');
    await workerOf(second).attempt(next.id, 1);
    const early = workerOf(second).attemptsAt(upload.id);
    clock.advance(2 * 3_600_000);
    const third = await restart(second, slow);
    await workerOf(third).attempt(upload.id, 2);

    expect(early).toEqual([]);
    await third.close();
    await removeTempFolder(first.folder!);
  });

  it('for a handler that is gone is logged, and waits until there is one again', async () => {
    const slow = withWorker(platform, { delivery: { backoff: { first: '1h' } } });
    const first = await startApp(slow);
    workerOf(first).work = () => {
      throw new Error('Not yet.');
    };
    const upload = await uploadWhole(first, 'hello');
    await eventually(() =>
      expect(first.logs.of('warn').join()).toContain(`${upload.id}: worker failed`),
    );

    clock.advance(2 * 3_600_000);
    const second = await restart(first, { platform });
    const next = await uploadWhole(second, 'world');
    await second.finished.of(next.id);

    await eventually(() => {
      const lines = second.logs.errors().filter((line) => line.includes(upload.id));
      expect(lines.join()).toContain('There is no @OnUploadFinished() handler "worker" any more');
    });
    expect(await offsetOf(second, upload)).toBe(5);

    clock.advance(2 * 3_600_000);
    const third = await restart(second, slow);
    await workerOf(third).attempt(upload.id, 2);
    await third.close();
    await removeTempFolder(first.folder!);
  });
});

describe.each(PLATFORMS)('an app without handlers on %s', (platform) => {
  it('takes uploads, and owes nobody anything', async () => {
    const app = await startApp({
      platform,
      tus: false,
      imports: (tmpFileDir) => [TusModule.forRoot({ tmpFileDir })],
    });
    const upload = await create(app, { length: 5 });

    await patch(app, upload, { body: 'hello' });

    expect(await offsetOf(app, upload)).toBe(5);
    expect(await textOf(app, upload.id)).toBe('hello');
    await app.close();
  });
});
