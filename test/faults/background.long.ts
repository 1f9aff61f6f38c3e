import { Injectable, Module } from '@nestjs/common';
import type { INestApplicationContext, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  OnUploadFailed,
  OnUploadFinished,
  TusModule,
  TusService,
  getCleanupIntervalName,
} from '../../lib/index.js';
import type { Delivery, FinishedUpload, Upload } from '../../lib/index.js';
import { Calls } from '../support/calls.js';
import {
  LogCollector,
  PLATFORMS,
  create,
  eventually,
  listFiles,
  makeTempFolder,
  removeTempFolder,
  startApp,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, StartAppOptions, TestApp, TusOptions } from '../support/index.js';
import { readEntries } from './servers/journal.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';
import type { ServerSettings } from './servers/server-settings.js';

/** What a process leaves behind that died while it looked whether its folder can be written to. */
const REMNANT = `.probe-${'0'.repeat(16)}`;

/** Has the handler that servers have, and does what a test tells it to. */
@Injectable()
class Worker {
  readonly calls = new Calls<FinishedUpload>();
  readonly failures = new Calls<Delivery>();
  work: () => void = () => undefined;

  @OnUploadFinished({ id: 'journal', attempts: 1 })
  keep(upload: FinishedUpload): void {
    this.calls.add(upload);
    this.work();
  }

  @OnUploadFailed()
  failed(_upload: Upload, delivery: Delivery): void {
    this.failures.add(delivery);
  }

  /** Waits for the call for an upload. */
  called({ id }: Pick<Upload, 'id'>): Promise<FinishedUpload> {
    return this.calls.first((upload) => upload.id === id);
  }
}

/** An app without an HTTP server. */
interface Standalone {
  readonly context: INestApplicationContext;
  readonly tus: TusService;
  readonly worker: Worker;
  readonly logs: LogCollector;
}

async function startStandalone(tmpFileDir: string, tus: TusOptions = {}): Promise<Standalone> {
  @Module({
    imports: [ScheduleModule.forRoot(), TusModule.forRoot({ tmpFileDir, ...tus })],
    providers: [Worker],
  })
  class StandaloneModule {}
  const logger = new LogCollector();
  const options = { logger, abortOnError: false };
  const context = await NestFactory.createApplicationContext(StandaloneModule, options);
  const service = context.get(TusService);
  return { context, tus: service, worker: context.get(Worker), logs: logger };
}

function said({ logs }: Standalone, level: LogLevel): string[] {
  return logs.lines.filter((line) => line.level === level).map(({ text }) => text);
}

describe.each(PLATFORMS)('Background work on %s', (platform) => {
  let folder: string;
  let settings: ServerSettings;
  const servers: KillableServer[] = [];
  const standalones: Standalone[] = [];
  beforeAll(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    await Promise.all(standalones.splice(0).map(({ context }) => context.close()));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await removeTempFolder(folder);
  });

  async function startServer(tus?: TusOptions): Promise<KillableServer> {
    const server = await KillableServer.start({ ...settings, tus });
    servers.push(server);
    return server;
  }

  async function startWithout(tus?: TusOptions): Promise<Standalone> {
    const standalone = await startStandalone(settings.tmpFileDir, tus);
    standalones.push(standalone);
    return standalone;
  }

  /** What servers' handlers did with an upload, once it is so much. */
  async function entriesOf({ id }: CreatedUpload, count: number): Promise<string[]> {
    return eventually(async () => {
      const entries = (await readEntries(settings.journal)).filter((entry) => entry.id === id);
      expect(entries.length).toBeGreaterThanOrEqual(count);
      return entries.map(({ event, attempt }) => `${event} ${attempt}`);
    });
  }

  const send = (server: KillableServer, metadata: Record<string, string> = {}) =>
    create(server, { length: 5, body: 'hello', metadata });

  describe('of an app without an HTTP server', () => {
    beforeAll(() => {
      settings = settingsIn(join(folder, 'without'), platform);
      return mkdir(join(folder, 'without'));
    });

    /** Work that is to be done: a delivery that was cut off, and a file that is of no use. */
    async function leaveWork(): Promise<CreatedUpload> {
      const server = await startServer();
      const upload = await send(server, { takes: '60000' });
      await entriesOf(upload, 1);
      await server.kill();
      const longAgo = Date.now() / 1000 - 86_400;
      await writeFile(join(settings.tmpFileDir, REMNANT), '');
      await utimes(join(settings.tmpFileDir, REMNANT), longAgo, longAgo);
      return upload;
    }

    /** What comes later in the queue of writes comes after all that the start has claimed. */
    async function workAWhile({ tus }: Standalone): Promise<void> {
      for (let step = 0; step < 10; step++) await tus.create({ length: 1 });
    }

    const intervalsOf = ({ context }: Standalone): string[] =>
      context.get(SchedulerRegistry).getIntervals();

    it('is left alone by a script, and done by a worker that is told to', async () => {
      const upload = await leaveWork();
      const script = await startWithout();

      await workAWhile(script);

      expect(script.worker.calls.all).toEqual([]);
      expect(intervalsOf(script)).toEqual([]);
      expect(await listFiles(settings.tmpFileDir)).toContain(REMNANT);
      const { items } = await script.tus.deliveries();
      expect(items).toMatchObject([{ uploadId: upload.id, attempt: 1 }]);
      expect(said(script, 'log')).toContainEqual(expect.stringContaining('Set background to true'));
      await script.context.close();

      const worker = await startWithout({ background: true });

      expect((await worker.worker.called(upload)).attempt).toBe(2);
      expect(intervalsOf(worker)).toEqual([getCleanupIntervalName()]);
      await eventually(async () =>
        expect(await listFiles(settings.tmpFileDir)).not.toContain(REMNANT),
      );
    });

    it('is done by a server for a script that has asked for it', async () => {
      const server = await startServer({ delivery: { attempts: 1 } });
      const upload = await send(server, { failures: '1' });
      const script = await startWithout({ cleanup: { finishedAfter: '1ms' } });
      await eventually(async () =>
        expect((await script.tus.deliveries({ state: 'dead' })).items).toHaveLength(1),
      );

      expect(await script.tus.retry(upload.id)).toBe(1);

      expect(await entriesOf(upload, 4)).toEqual(['begin 1', 'throw 1', 'begin 2', 'end 2']);
      expect(script.worker.calls.all).toEqual([]);
    });

    it('may still be asked for', async () => {
      const script = await startWithout();
      const { id } = await script.tus.create({ length: 1 });
      const twoDays = 2 * 86_400_000;
      const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + twoDays);

      const report = await script.tus.cleanup();

      now.mockRestore();
      expect(report.expired).toBeGreaterThanOrEqual(1);
      expect((await script.tus.find(id))?.state).toBe('expired');
    });
  });

  describe('that servers leave to a worker', () => {
    let server: KillableServer;
    let other: KillableServer;
    beforeAll(async () => {
      settings = settingsIn(join(folder, 'left'), platform);
      await mkdir(join(folder, 'left'));
      const left = { background: false };
      [server, other] = await Promise.all([startServer(left), startServer(left)]);
    });

    it('is found by a worker that starts later', async () => {
      const uploads = [await send(server), await send(other)];

      const { worker } = await startWithout({ background: true });

      for (const upload of uploads) expect((await worker.called(upload)).attempt).toBe(1);
    });

    it('reaches the worker at once from all servers, and none is done by them', async () => {
      const { worker } = await startWithout({ background: true });

      const uploads = await Promise.all(
        Array.from({ length: 20 }, (_, index) => send(index % 2 === 0 ? server : other)),
      );

      for (const upload of uploads) expect((await worker.called(upload)).attempt).toBe(1);
      expect(await readEntries(settings.journal)).toEqual([]);
    });

    it('reaches the worker while another server hangs', async () => {
      const { worker } = await startWithout({ background: true });
      await worker.called(await send(server));
      other.freeze();

      await worker.called(await send(server));
      await worker.called(await send(server));

      other.thaw();
    });

    it('is given up on by the worker, and told there', async () => {
      const { worker } = await startWithout({ background: true });
      worker.work = () => {
        throw new Error('It is broken.');
      };

      const { id } = await send(server);

      const failure = await worker.failures.first(({ uploadId }) => uploadId === id);
      expect(failure).toMatchObject({ handler: 'journal', state: 'dead', attempt: 1 });
    });

    it('goes on in a worker that starts after the first was killed, retries included', async () => {
      const first = await startServer({ delivery: { backoff: { first: '1s' } } });
      const cutOff = await send(server, { takes: '60000' });
      const failing = await send(server, { failures: '1' });
      await Promise.all([entriesOf(cutOff, 1), entriesOf(failing, 2)]);
      await first.kill();

      const { worker } = await startWithout({ background: true });

      expect((await worker.called(cutOff)).attempt).toBe(2);
      expect((await worker.called(failing)).attempt).toBe(2);
      expect((await worker.called(await send(server))).attempt).toBe(1);
    });
  });

  it('tells of handlers that are gone where deliveries are made', async () => {
    const tmpFileDir = join(folder, 'gone');
    const start = (options: Partial<StartAppOptions> = {}): Promise<TestApp> =>
      startApp({ platform, tmpFileDir, ...options });
    const warningsAtStart = async (tus: TusOptions): Promise<string[]> => {
      const app = await start({ tus });
      await app.close();
      return app.logs.of('warn');
    };
    const app = await start({ providers: [Worker] });
    const worker = app.nest.get(Worker);
    worker.work = () => {
      throw new Error('It is broken.');
    };
    await uploadWhole(app, 'hello');
    await worker.failures.atLeast(1);
    await app.close();

    const told = expect.stringContaining('There is no @OnUploadFinished() handler "journal"');
    expect(await warningsAtStart({ background: false })).not.toContainEqual(told);
    expect(await warningsAtStart({ background: true })).toContainEqual(told);
  });
});
