import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { adoptFileStore, UploadIdTakenError, type FileStoreReport } from '../../lib/index.js';
import {
  create,
  makeTempFolder,
  offsetOf,
  patch,
  PLATFORMS,
  removeTempFolder,
  startApp,
  useApp,
  type CreatedUpload,
  type TestApp,
} from '../support/index.js';

const NAME = 'Ünïcode 日本.txt';
const METADATA = `filename ${Buffer.from(NAME).toString('base64')},empty`;

/** The uploads that the other server has left. */
interface Left {
  readonly whole: CreatedUpload;
  readonly half: CreatedUpload;
  readonly empty: CreatedUpload;
  readonly deferred: CreatedUpload;
}

describe.each(PLATFORMS)('A folder that @tus/server has left, on %s', (platform) => {
  let folder: string;
  let left: Left;
  let app: TestApp;
  let report: FileStoreReport;

  beforeAll(async () => {
    folder = await makeTempFolder();
    left = await fillByTusServer(folder);
    await writeFile(join(folder, 'nested.txt.json'), '{"id":"nested.txt","size":1}');
    await writeFile(join(folder, 'gone.json'), '{"id":"gone","size":1}');
    await writeFile(join(folder, 'cut.json'), '{"id":"cu');
    app = await startApp({ platform, tus: { download: true } });
    report = await adoptFileStore(app.tus, folder);
  });

  afterAll(async () => {
    await app.close();
    await removeTempFolder(folder);
  });

  it('is told what was done, and what was left', () => {
    const { skipped, ...counted } = report;

    expect(counted).toEqual({ finished: 1, unfinished: 3, known: 0 });
    expect(skipped.map(({ name }) => name).sort()).toEqual([
      'cut.json',
      'gone.json',
      'nested.txt.json',
    ]);
  });

  it('goes on being served: a whole file stays where it is, and no handler is called', async () => {
    const { id, path } = left.whole;

    expect(await offsetOf(app, left.whole)).toBe(5);
    const { status, text } = await app.request({ method: 'GET', path });
    expect([status, text]).toEqual([200, 'whole']);
    expect(await app.tus.find(id)).toMatchObject({
      state: 'finished',
      path: join(folder, id),
      filename: NAME,
      metadata: { filename: NAME, empty: '' },
    });
    expect(app.finished.countOf(id)).toBe(0);
  });

  it('goes on being filled: an upload half done there is finished here', async () => {
    const { id } = left.half;
    expect(await offsetOf(app, left.half)).toBe(4);

    await patch(app, left.half, { offset: 4, body: 'half' });

    const { path, metadata } = await app.finished.of(id);
    expect(await readFile(path, 'utf8')).toBe('halfhalf');
    expect(metadata.filename).toBe(NAME);
    expect(await readFile(join(folder, id), 'utf8')).toBe('half');
  });

  it('keeps uploads without a byte, and those whose length is not known', async () => {
    expect(await offsetOf(app, left.empty)).toBe(0);
    expect(await offsetOf(app, left.deferred)).toBe(3);
    const headers = { 'Upload-Length': '6' };

    await patch(app, left.deferred, { offset: 3, body: 'def', headers });

    const { path } = await app.finished.of(left.deferred.id);
    expect(await readFile(path, 'utf8')).toBe('abcdef');
  });

  it('is taken over once: a second call finds everything known', async () => {
    const again = await adoptFileStore(app.tus, folder);

    expect(again).toMatchObject({ finished: 0, unfinished: 0, known: 4 });
  });
});

describe.each(PLATFORMS)('A file of another server, on %s', (platform) => {
  const app = useApp({ platform, tus: { owner: () => 'ann' } });
  let path: string;

  beforeEach(async () => {
    const folder = join(app().tmpFileDir, '../elsewhere');
    await mkdir(folder, { recursive: true });
    path = join(folder, 'file');
    await writeFile(path, 'hello');
  });

  it('is its owner’s, and stays when its upload is ended', async () => {
    await app().tus.adopt({ id: 'theirs', path, length: 5, owner: 'ben' });
    const { id } = await app().tus.adopt({ id: 'hers', path, length: 5, owner: 'ann' });
    await expect(offsetOf(app(), { path: '/files/theirs' })).rejects.toThrow('404');
    expect(await offsetOf(app(), { path: `/files/${id}` })).toBe(5);

    await app().tus.terminate(id);

    expect(existsSync(path)).toBe(true);
  });

  it('is not taken over under an id that is taken', async () => {
    const { id } = await create(app(), { length: 5 });

    await expect(app().tus.adopt({ id, path, length: 5 })).rejects.toThrow(UploadIdTakenError);
    await expect(app().tus.adopt({ id, path, length: 9 })).rejects.toThrow(UploadIdTakenError);
  });

  it('is not taken over under an id whose bytes lie there, as after a registry was lost', async () => {
    await writeFile(join(app().tmpFileDir, 'lost.tus'), 'bytes');

    const adopting = app().tus.adopt({ id: 'lost', path, length: 5 });

    await expect(adopting).rejects.toThrow(UploadIdTakenError);
  });

  it('is refused where it is none, too large, our own, or without an id', async () => {
    const { tus, tmpFileDir } = app();
    const own = await create(app(), { length: 5, body: 'hello' });
    const adopt = (id: string, from: string, length: number) =>
      tus.adopt({ id, path: from, length });

    await expect(adopt('a', `${path}.no`, 5)).rejects.toThrow(/no file/);
    await expect(adopt('b', path, 4)).rejects.toThrow(/5 bytes.*only 4/);
    await expect(adopt('c', join(tmpFileDir, own.id), 5)).rejects.toThrow(/tmpFileDir/);
    await expect(adopt('../d', path, 5)).rejects.toThrow(/id/);
    await expect(adopt(undefined as never, path, 5)).rejects.toThrow(/id/);
    await expect(adopt('e', path, -1)).rejects.toThrow(/length/);
    const left = await Promise.all(['a', 'b', 'c', 'e'].map((id) => tus.find(id)));
    expect(left).toEqual([undefined, undefined, undefined, undefined]);
  });
});

/** Uploads to `@tus/server` and its file store, and ends it in the middle of three of them. */
async function fillByTusServer(directory: string): Promise<Left> {
  const tus = new Server({ path: '/files', datastore: new FileStore({ directory }) });
  const server = createServer((req, res) => void tus.handle(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { host: '127.0.0.1', port };
  const metadata = METADATA;
  try {
    const whole = await create(target, { length: 5, metadata });
    await patch(target, whole, { body: 'whole' });
    const half = await create(target, { length: 8, metadata });
    await patch(target, half, { body: 'half' });
    const empty = await create(target, { length: 5 });
    const deferred = await create(target, {});
    await patch(target, deferred, { body: 'abc' });
    return { whole, half, empty, deferred };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
