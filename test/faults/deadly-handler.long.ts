import { Injectable } from '@nestjs/common';
import { fileURLToPath } from 'node:url';
import { OnUploadFailed, OnUploadFinished } from '../../lib/index.js';
import type { Delivery, FinishedUpload, Upload } from '../../lib/index.js';
import { Calls } from '../support/calls.js';
import {
  create,
  eventually,
  makeTempFolder,
  offsetOf,
  patch,
  PLATFORMS,
  removeTempFolder,
  startApp,
} from '../support/index.js';
import type { PlatformName, TestApp } from '../support/index.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./servers/deadly-server.js', import.meta.url));

/** The handler of the next version of the app, which lives. */
@Injectable()
class Mended {
  readonly calls = new Calls<FinishedUpload>();
  readonly failures = new Calls<Delivery>();

  @OnUploadFinished({ id: 'deadly', attempts: 1 })
  handle(upload: FinishedUpload): void {
    this.calls.add(upload);
  }

  @OnUploadFailed()
  failed(_upload: Upload, delivery: Delivery): void {
    this.failures.add(delivery);
  }
}

describe.each(PLATFORMS)('A handler that ends its process (%s)', (platform) => {
  let folder: string;
  let app: TestApp | undefined;
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await removeTempFolder(folder);
  });

  /** Starts servers that their handler ends, one after the other. */
  async function letDie(times: number): Promise<string> {
    const first = await startDeadly(platform, folder);
    const upload = await create(first, { length: 5 });
    await patch(first, upload, { body: 'hello' }).catch(() => undefined);
    await ended(first);
    for (let time = 1; time < times; time++) await ended(await startDeadly(platform, folder));
    return upload.id;
  }

  async function startMended(): Promise<Mended> {
    app = await startApp({
      platform,
      tmpFileDir: folder,
      providers: [Mended],
      tus: { cleanup: { every: false } },
    });
    return app.nest.get(Mended);
  }

  it('is given up on after three times as many attempts as may fail, and says why', async () => {
    const id = await letDie(3);
    const mended = await startMended();
    const failure = await mended.failures.first(({ uploadId }) => uploadId === id);
    const { items } = await app!.tus.deliveries({ state: 'dead' });

    expect(mended.calls.all).toEqual([]);
    expect(items).toMatchObject([{ uploadId: id, handler: 'deadly', attempt: 3 }]);
    expect(items[0]!.error).toBe('3 attempts have ended with their process, so no other is made.');
    expect(failure).toEqual(items[0]);
    expect(app!.logs.errors().join()).toContain(`Upload ${id}: deadly failed for good: 3 attempts`);
    expect(await offsetOf(app!, { path: `/files/${id}` })).toBe(5);

    await app!.tus.retry(id);
    expect(await mended.calls.first((call) => call.id === id)).toMatchObject({ attempt: 4 });
    await eventually(async () => expect((await app!.tus.deliveries()).items).toEqual([]));
  });

  it('is called as before, as long as there were fewer', async () => {
    const id = await letDie(2);
    const mended = await startMended();

    expect(await mended.calls.first((call) => call.id === id)).toMatchObject({ attempt: 3 });
  });
});

function startDeadly(platform: PlatformName, folder: string): Promise<ServerProcess> {
  return ServerProcess.startScript(SERVER, [platform, folder]);
}

function ended(server: ServerProcess): Promise<void> {
  return eventually(() => expect(server.alive).toBe(false));
}
