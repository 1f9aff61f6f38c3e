import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OnUploadFinished } from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import type { Cluster } from '../../lib/cluster/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_CLUSTER, TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectRefused,
  head,
  listFiles,
  offsetOf,
  patch,
  rawHead,
  removeTempFolder,
  startApp,
  storedBytes,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, RawConnection, RawResponse, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { Gate } from '../support/gate.js';

const MEGABYTE = 1024 * 1024;

/** Long enough for a flush on a busy machine, short against what the client would go on for. */
const PROMPTLY = 10_000;

/** How long the files of uploads are. */
async function sizesIn(folder: string): Promise<number[]> {
  const names = (await listFiles(folder)).filter((name) => !name.startsWith('.tus'));
  return Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
}

/** A client in the middle of a PATCH. */
interface Sender {
  readonly upload: CreatedUpload;
  readonly connection: RawConnection;
  readonly sent: Buffer;
}

/** Begins a PATCH of 100 MB, and waits until the bytes that it sends are read. */
async function send(app: TestApp, bytes: number): Promise<Sender> {
  const upload = await create(app, { length: 100 * MEGABYTE });
  const connection = await app.connect();
  const sent = randomBytes(bytes);
  const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
  await connection.write(
    rawHead('PATCH', upload.path, [...lines, `Content-Length: ${100 * MEGABYTE}`]),
  );
  await connection.write(sent);
  await eventually(async () => expect((await app.tus.find(upload.id))?.offset).toBe(bytes));
  return { upload, connection, sent };
}

/** Waits for the end of a connection, and gives the answer that came before it, if any. */
async function endOf({ connection }: Sender): Promise<RawResponse | undefined> {
  const response = await connection.responseOrClose();
  await connection.closed;
  return response;
}

/** Has what was not verified cut off only long after the server has closed; tells what came when. */
async function cutSlowly(app: TestApp): Promise<string[]> {
  const order: string[] = [];
  const closed = once(app.nest.getHttpServer() as Server, 'close');
  const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
  const openWriter = storage.openWriter.bind(storage);
  storage.openWriter = async (id) => {
    const writer = await openWriter(id);
    const truncate = writer.truncate.bind(writer);
    writer.truncate = async (size) => {
      await closed;
      for (let turn = 0; turn < 1000; turn++) await nextTurn();
      await truncate(size);
      order.push('cut');
    };
    return writer;
  };
  const cluster = app.nest.get<Cluster>(TUS_CLUSTER, { strict: false });
  const close = cluster.close.bind(cluster);
  cluster.close = () => {
    order.push('given away');
    return close();
  };
  return order;
}

@Injectable()
class Worker {
  readonly calls = new Calls<FinishedUpload>();
  work: () => Promise<void> = () => Promise.resolve();

  @OnUploadFinished()
  handle(upload: FinishedUpload): Promise<void> {
    this.calls.add(upload);
    return this.work();
  }
}

describe.each(PLATFORMS)('app.close() on %s', (platform) => {
  /** Starts an app on the folder of one that was closed. */
  const goOnWith = ({ tmpFileDir }: TestApp): Promise<TestApp> =>
    startApp({ platform, tmpFileDir, providers: [Worker] });

  it(
    'ends appends at once, and keeps every byte that was sent',
    async () => {
      const first = await startApp({ platform });
      const senders = [
        await send(first, 1),
        await send(first, 100_000),
        await send(first, 3 * MEGABYTE),
      ];

      const [, ...answers] = await Promise.all([first.nest.close(), ...senders.map(endOf)]);
      const second = await goOnWith(first);

      for (const answer of answers) {
        expect(answer?.status ?? 503).toBe(503);
        if (answer) expectRefused(answer, 503);
        if (answer) expect(Number(answer.header('Retry-After'))).toBeGreaterThan(0);
      }
      for (const { upload, sent } of senders) {
        expect(await offsetOf(second, upload)).toBe(sent.length);
        expect((await storedBytes(second, upload)).equals(sent)).toBe(true);
      }
      await second.close();
      await removeTempFolder(first.folder!);
    },
    PROMPTLY,
  );

  it(
    'ends a client that never stops sending',
    async () => {
      const first = await startApp({ platform });
      const sender = await send(first, MEGABYTE);
      let sending = true;
      const flood = (async () => {
        while (sending) {
          await sender.connection.write(Buffer.alloc(64 * 1024, 'x'));
          await nextTurn();
        }
      })();

      const closing = first.nest.close();
      void sender.connection.closed.then(() => (sending = false));
      await Promise.all([closing, flood]);
      const second = await goOnWith(first);
      const offset = await offsetOf(second, sender.upload);
      const stored = await storedBytes(second, sender.upload);

      expect(offset).toBeGreaterThanOrEqual(MEGABYTE);
      expect(stored).toHaveLength(offset);
      expect(stored.subarray(0, MEGABYTE).equals(sender.sent)).toBe(true);
      expect(stored.subarray(MEGABYTE).every((byte) => byte === 'x'.charCodeAt(0))).toBe(true);
      await second.close();
      await removeTempFolder(first.folder!);
    },
    PROMPTLY,
  );

  it(
    'ends a client that has stalled, and one that waits for the answer to Expect',
    async () => {
      const first = await startApp({ platform });
      const stalled = await send(first, 5);
      const waiting = await first.connect();
      const upload = await create(first, { length: 10 });
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
      await waiting.write(
        rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10', 'Expect: 100-continue']),
      );

      await Promise.all([first.nest.close(), endOf(stalled), waiting.closed]);
      const second = await goOnWith(first);

      expect(await offsetOf(second, stalled.upload)).toBe(5);
      expect(await offsetOf(second, upload)).toBe(0);
      await second.close();
      await removeTempFolder(first.folder!);
    },
    PROMPTLY,
  );

  it.each([10, 100_000])(
    'ends a creation that brings its %d bytes along, and keeps them',
    async (length) => {
      const first = await startApp({ platform });
      const connection = await first.connect();
      const lengths = [`Upload-Length: ${length}`, `Content-Length: ${length}`];
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, ...lengths];
      await connection.write(`${rawHead('POST', '/files', lines)}hello`);
      // A small one is known only once it has come whole, or was broken off.
      await eventually(async () => expect(await sizesIn(first.folder!)).toContain(5));

      await Promise.all([first.nest.close(), connection.closed]);
      const second = await goOnWith(first);

      const { items } = await second.tus.list();
      expect(items).toMatchObject([{ offset: 5, state: 'receiving' }]);
      await second.close();
      await removeTempFolder(first.folder!);
    },
    PROMPTLY,
  );

  it(
    'lets a client go on where it was, at the next start',
    async () => {
      const first = await startApp({ platform });
      const upload = await create(first, { length: 10 });
      const connection = await first.connect();
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
      await connection.write(
        `${rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10'])}hello`,
      );
      await eventually(async () => expect(await storedBytes(first, upload)).toHaveLength(5));
      await first.nest.close();

      const second = await goOnWith(first);
      const offset = await offsetOf(second, upload);
      const response = await patch(second, upload, { offset, body: 'world' });

      expect(response.status).toBe(204);
      expect((await second.finished.of(upload.id)).size).toBe(10);
      expect((await storedBytes(second, upload)).toString()).toBe('helloworld');
      await second.close();
      await removeTempFolder(first.folder!);
    },
    PROMPTLY,
  );

  it(
    'gives an upload away only after its own work on the bytes is done',
    async () => {
      const app = await startApp({ platform });
      const upload = await create(app, { length: 10 });
      const order = await cutSlowly(app);
      const connection = await app.connect();
      const checksum = `Upload-Checksum: sha1 ${Buffer.alloc(20).toString('base64')}`;
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
      await connection.write(
        `${rawHead('PATCH', upload.path, [...lines, checksum, 'Content-Length: 10'])}hello`,
      );
      await eventually(async () => expect(await storedBytes(app, upload)).toHaveLength(5));

      const closing = app.nest.close();
      connection.destroy();
      await closing;

      expect(order).toEqual(['cut', 'given away']);
      await app.close();
    },
    PROMPTLY,
  );

  it(
    'does not wait for connections that are idle',
    async () => {
      const app = await startApp({ platform });
      const upload = await create(app, { length: 5 });
      const connection = await app.connect();
      await connection.write(rawHead('HEAD', upload.path, ['Tus-Resumable: 1.0.0']));
      const { status } = await connection.response({ toHead: true });

      await Promise.all([app.nest.close(), connection.closed]);

      expect(status).toBe(200);
      await app.close();
    },
    PROMPTLY,
  );

  it('waits for a handler that is about to end', async () => {
    const app = await startApp({ platform, providers: [Worker] });
    const gate = new Gate();
    let ended = false;
    app.nest.get(Worker).work = () => gate.pass().then(() => void (ended = true));
    await uploadWhole(app, 'hello');
    await gate.reached;

    const closing = app.nest.close();
    gate.open();
    await closing;

    expect(ended).toBe(true);
    await app.close();
  });

  it('is quiet, and may be called twice', async () => {
    const app = await startApp({ platform });
    const upload = await create(app, { length: 5 });
    await head(app, upload);

    await app.nest.close();
    await app.close();

    expect(app.logs.errors()).toEqual([]);
  });

  it('leaves a folder that the next app can use at once, many times over', async () => {
    const first = await startApp({ platform });
    const upload = await create(first, { length: 5 });
    await first.nest.close();

    for (let offset = 0; offset < 5; offset++) {
      const next = await goOnWith(first);
      expect((await patch(next, upload, { offset, body: 'x' })).status).toBe(204);
      await next.nest.close();
    }

    const last = await goOnWith(first);
    expect((await storedBytes(last, upload)).toString()).toBe('xxxxx');
    await last.close();
    await removeTempFolder(first.folder!);
  });
});
