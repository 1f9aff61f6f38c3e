import { createHash } from 'node:crypto';
import { LmdbClaims } from '../../lib/registry/lmdb/lmdb.claims.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  eventually,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';

describe.each(PLATFORMS)('HEAD where another process is on the folder (%s)', (platform) => {
  let folder: string;
  let other: KillableServer;
  let app: TestApp;

  beforeAll(async () => {
    folder = await makeTempFolder();
    const settings = settingsIn(folder, platform);
    other = await KillableServer.start(settings);
    app = await startApp({ platform, tmpFileDir: settings.tmpFileDir });
  });

  afterAll(async () => {
    await app.close();
    await other.kill();
    await removeTempFolder(folder);
  });

  afterEach(() => void jest.restoreAllMocks());

  /** Sends the beginning of a body to the other process, and waits until that has it. */
  async function begin(upload: CreatedUpload, bytes: string, lines: string[] = []) {
    const connection = await RawConnection.open(other);
    const head = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0', ...lines];
    await connection.write(rawHead('PATCH', upload.path, [...head, 'Content-Length: 10']) + bytes);
    await eventually(async () => expect(await storedBytes(app, upload)).toHaveLength(bytes.length));
    return connection;
  }

  it('writes no claim, and asks no process, about an upload that none of them holds', async () => {
    const upload = await create(other, { length: 10, body: 'hello' });
    const put = jest.spyOn(LmdbClaims.prototype, 'put');

    const offsets = await Promise.all(Array.from({ length: 8 }, () => offsetOf(app, upload)));

    expect(offsets).toEqual(Array.from({ length: 8 }, () => 5));
    expect(put).not.toHaveBeenCalled();
    expect((await patch(app, upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect(put).toHaveBeenCalled();
  });

  it('tells an offset that is final of one that the other process is receiving', async () => {
    const upload = await create(other, { length: 10 });
    const sender = await begin(upload, 'abcd');

    expect(await offsetOf(app, upload)).toBe(4);

    await sender.write('efgh').catch(() => undefined);
    expect((await sender.responseOrClose())?.status ?? 423).toBe(423);
    expect(await storedBytes(app, upload)).toHaveLength(4);
    expect(await offsetOf(other, upload)).toBe(4);
    sender.destroy();
  });

  it('counts no byte that the other process is receiving and has not verified', async () => {
    const upload = await create(other, { length: 10 });
    const checksum = createHash('sha1').update('abcdefghij').digest('base64');
    const sender = await begin(upload, 'abcd', [`Upload-Checksum: sha1 ${checksum}`]);

    expect(await offsetOf(app, upload)).toBe(0);

    sender.destroy();
    expect(await offsetOf(other, upload)).toBe(0);
    expect((await patch(app, upload, { body: 'abcdefghij' })).status).toBe(204);
  });

  it('looks again where what it saw was the work of a process that had it in between', async () => {
    const upload = await create(other, { length: 10, body: 'hello' });
    const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    jest
      .spyOn(storage, 'stat')
      .mockResolvedValueOnce({ size: 9, flushed: 9, modifiedAt: Date.now() });

    expect(await offsetOf(app, upload)).toBe(5);
  });
});
