import { Controller, Injectable, Param, Sse } from '@nestjs/common';
import { lastValueFrom, map, Subscription, tap, toArray } from 'rxjs';
import {
  OnUploadCreated,
  OnUploadProgress,
  OnUploadTerminated,
  TusService,
} from '../../lib/index.js';
import type { Upload, UploadEvent } from '../../lib/index.js';
import type { LocalCluster } from '../../lib/cluster/local/index.js';
import { TUS_CLUSTER } from '../../lib/tus.constants.js';
import { Calls } from '../support/calls.js';
import { Gate } from '../support/gate.js';
import {
  create,
  eventually,
  makeTempFolder,
  OCTETS,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  SseStream,
  startApp,
  terminate,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, HttpTarget, TestApp } from '../support/index.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';

@Injectable()
class Handlers {
  readonly told: string[] = [];

  @OnUploadCreated()
  created({ id }: Upload): void {
    this.told.push(`created ${id}`);
  }

  @OnUploadProgress({ every: 0.1 })
  advanced({ id }: Upload): void {
    this.told.push(`advanced ${id}`);
  }

  @OnUploadTerminated()
  terminated({ id }: Upload): void {
    this.told.push(`terminated ${id}`);
  }
}

@Controller('live')
class LiveController {
  constructor(private readonly tus: TusService) {}

  @Sse(':id')
  one(@Param('id') id: string) {
    return this.tus.progress$(id).pipe(map(({ state, offset }) => ({ data: { state, offset } })));
  }
}

describe.each(PLATFORMS)('Watching uploads that another process receives (%s)', (platform) => {
  let folder: string;
  let other: KillableServer;
  let app: TestApp;
  let listening: Subscription;

  beforeEach(() => void (listening = new Subscription()));

  afterEach(() => listening.unsubscribe());

  beforeAll(async () => {
    folder = await makeTempFolder();
    const settings = settingsIn(folder, platform);
    other = await KillableServer.start(settings);
    app = await startApp({
      platform,
      tmpFileDir: settings.tmpFileDir,
      providers: [Handlers],
      controllers: [LiveController],
    });
  });

  afterAll(async () => {
    await app.close();
    await other.kill();
    await removeTempFolder(folder);
  });

  /** Begins to send an upload of 10 bytes. */
  async function begin(target: HttpTarget, upload: CreatedUpload, bytes: string, offset = 0) {
    const connection = await RawConnection.open(target);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${offset}`];
    const head = [...lines, `Content-Length: ${10 - offset}`];
    await connection.write(rawHead('PATCH', upload.path, head) + bytes);
    return connection;
  }

  /** All events from now on, of this process and, as soon as it has heard of that, of the other one. */
  async function listen(): Promise<Calls<UploadEvent>> {
    const events = new Calls<UploadEvent>();
    listening.add(app.tus.events$.subscribe((event) => events.add(event)));
    await eventually(async () => {
      const { id } = await create(other, { length: 1 });
      expect(events.all.some(({ upload }) => upload.id === id)).toBe(true);
    });
    return events;
  }

  it('tells the same as the other process would, and calls no handler of this one', async () => {
    const events = await listen();
    const of = (id: string, type: UploadEvent['type']) =>
      events.first((event) => event.type === type && event.upload.id === id);
    const upload = await create(other, { length: 10, metadata: { filename: 'ä.txt' } });
    const sender = await begin(other, upload, 'hello');
    expect((await of(upload.id, 'progress')).upload).toMatchObject({ offset: 5, length: 10 });
    await sender.write('world');
    const finished = await of(upload.id, 'finished');
    const gone = await create(other, { length: 10 });
    await terminate(other, gone);
    await of(gone.id, 'terminated');

    const types = events.all.filter(({ upload: { id } }) => id === upload.id).map((e) => e.type);
    expect([types[0], types.at(-1)]).toEqual(['created', 'finished']);
    expect(finished.upload).toEqual(await app.tus.find(upload.id));
    expect(finished.upload.filename).toBe('ä.txt');
    expect(finished.upload.path).toContain(app.tmpFileDir);
    const mine = await create(app, { length: 10 });
    await of(mine.id, 'created');
    await eventually(() => {
      expect(app.nest.get(Handlers, { strict: false }).told).toEqual([`created ${mine.id}`]);
    });
    sender.destroy();
  });

  it('of one upload begins with now, goes on wherever it is received, and ends with it', async () => {
    const upload = await create(other, { length: 10 });
    const stream = await SseStream.open(app, `/live/${upload.id}`);
    const seen = new Calls<{ state: string; offset: number }>();
    const ended = (async () => {
      for await (const { data } of stream.events<{ state: string; offset: number }>()) {
        seen.add(data);
      }
    })();
    await seen.first(({ offset }) => offset === 0);

    const first = await begin(other, upload, 'hel');
    await seen.first(({ offset }) => offset === 3);
    const second = await begin(app, upload, 'lo', 3);
    await seen.first(({ offset }) => offset === 5);
    expect((await patch(other, upload, { offset: 5, body: 'world' })).status).toBe(204);
    await ended;

    const offsets = seen.all.map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(seen.all.at(-1)).toEqual({ state: 'finished', offset: 10 });
    first.destroy();
    second.destroy();
  });

  it('sees the end of one that ends before the other process has heard that it is watched', async () => {
    const { processes } = app.nest.get<LocalCluster>(TUS_CLUSTER, { strict: false });
    const gate = new Gate();
    const ask = processes.ask.bind(processes);
    processes.ask = async (identity, topic, body) => {
      if (topic === 'watch') await gate.pass();
      return ask(identity, topic, body);
    };
    const upload = await create(other, { length: 10, body: 'hello' });
    const seen = new Calls<Upload>();

    const watched = app.tus.progress$(upload.id).pipe(tap((value) => seen.add(value)));
    const all = lastValueFrom(watched.pipe(toArray()));
    await seen.first(({ offset }) => offset === 5);
    await patch(other, upload, { offset: 5, body: 'world' });
    gate.open();

    expect((await all).at(-1)).toMatchObject({ state: 'finished', offset: 10 });
    processes.ask = ask;
  });

  it('outlives a process that is killed, and hears of the one that takes its place', async () => {
    const upload = await create(other, { length: 10 });
    const all = lastValueFrom(app.tus.progress$(upload.id).pipe(toArray()));
    const sender = await begin(other, upload, 'abc');
    await eventually(async () => expect((await app.tus.find(upload.id))?.offset).toBe(3));
    await other.kill();
    other = await KillableServer.start(settingsIn(folder, platform));
    expect((await patch(other, upload, { offset: 3, body: 'defghij' })).status).toBe(204);

    expect((await all).at(-1)).toMatchObject({ state: 'finished', offset: 10 });
    sender.destroy();
  });

  it('is asked for only as long as somebody watches', async () => {
    const cluster = app.nest.get<LocalCluster>(TUS_CLUSTER, { strict: false });
    const told: string[] = [];
    cluster.processes.answer('news', async (body) => {
      told.push(body);
      return '';
    });
    const before = await uploadWhole(other, 'before');
    const end = app.tus.events$.subscribe();
    await eventually(async () => {
      await uploadWhole(other, 'meanwhile');
      expect(told.length).toBeGreaterThan(0);
    });
    expect(told.join()).not.toContain(before.id);
    end.unsubscribe();

    await eventually(async () => {
      const { length } = told;
      await uploadWhole(other, 'after');
      await uploadWhole(other, 'after');
      expect(told).toHaveLength(length);
    });
  });
});
