import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  OCTETS,
  PLATFORMS,
  RawConnection,
  SeededContent,
  create,
  eventually,
  head,
  makeTempFolder,
  offsetOf,
  patch,
  rawHead,
  removeTempFolder,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./servers/plain-server.js', import.meta.url));

const MB = 1024 * 1024;
const START = 2 * MB + 1;
const LENGTH = 10 * MB + 5;

/** Where the bytes end that are sent before the server dies. */
const BROKEN_OFF = 7 * MB;

const content = new SeededContent('checksum-crash', LENGTH);

describe.each(PLATFORMS)('a server killed in the middle of checksummed bodies (%s)', (platform) => {
  let folder: string;
  let app: TestApp;
  let asked: CreatedUpload;
  let unasked: CreatedUpload;
  let empty: CreatedUpload;
  let full: CreatedUpload;

  beforeAll(async () => {
    folder = await makeTempFolder();
    const server = await ServerProcess.startScript(SERVER, [platform, folder]);
    try {
      [asked, unasked, full] = [await begin(server), await begin(server), await begin(server)];
      empty = await create(server, { length: LENGTH });
      await send(server, asked, START, BROKEN_OFF);
      await send(server, unasked, START, BROKEN_OFF);
      await send(server, full, START, LENGTH);
      await send(server, empty, 0, BROKEN_OFF);
    } finally {
      await server.kill();
    }
    app = await startApp({ platform, tmpFileDir: folder });
  });

  afterAll(async () => {
    await app?.close();
    await removeTempFolder(folder);
  });

  function begin(server: ServerProcess): Promise<CreatedUpload> {
    return create(server, { length: LENGTH, body: content.bytes(0, START) });
  }

  /** Sends bytes of a body that does not end; resolves once all of them are on disk. */
  async function send(
    server: ServerProcess,
    upload: CreatedUpload,
    start: number,
    end: number,
  ): Promise<void> {
    const connection = await RawConnection.open(server);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${start}`];
    const checksum = `Upload-Checksum: ${checksumOf(content.bytes(start))}`;
    const all = [...lines, 'Transfer-Encoding: chunked', checksum];
    await connection.write(rawHead('PATCH', upload.path, all));
    await connection.write(`${(end - start).toString(16)}\r\n`);
    await connection.write(content.bytes(start, end));
    await eventually(async () => expect(await sizeOnDisk(upload)).toBe(end), 10_000);
  }

  async function sizeOnDisk({ id }: CreatedUpload): Promise<number> {
    return (await stat(join(folder, id))).size;
  }

  /** Sends the rest of an upload, which is then whole, and delivered once. */
  async function complete(upload: CreatedUpload, offset: number): Promise<void> {
    const bytes = content.bytes(offset);
    const headers = { 'Upload-Checksum': checksumOf(bytes) };
    const response = await patch(app, upload, { offset, body: bytes, headers });

    expect(response.status).toBe(204);
    expect((await app.finished.of(upload.id)).size).toBe(LENGTH);
    const stored = await storedBytes(app, upload);
    expect(createHash('sha256').update(stored).digest('hex')).toBe(content.sha256());
    expect(app.finished.countOf(upload.id)).toBe(1);
  }

  it('is at the offset before that body afterwards, and goes on from there', async () => {
    expect((await app.tus.find(asked.id))?.offset).toBe(START);

    expect(await offsetOf(app, asked)).toBe(START);

    await complete(asked, START);
  });

  it('has cut the bytes off soon after the start, also when nobody asks for the offset', async () => {
    await eventually(async () => expect(await sizeOnDisk(unasked)).toBe(START), 10_000);
  });

  it('has cut the bytes off for the next PATCH', async () => {
    const body = content.bytes(START, START + MB);
    const wrong = await patch(app, unasked, { offset: BROKEN_OFF, body: 'x' });
    const small = await patch(app, unasked, { offset: START, body });

    expect([wrong.status, small.status]).toEqual([409, 204]);
    expect(wrong.headers['upload-offset']).toBe(String(START));
    expect(await sizeOnDisk(unasked)).toBe(START + MB);
    await complete(unasked, START + MB);
  });

  it('is at 0 when that body was the first', async () => {
    expect((await head(app, empty)).headers['upload-offset']).toBe('0');

    await complete(empty, 0);
  });

  it('does not finish an upload of which all bytes are there', async () => {
    await app.finished.of((await create(app, { length: 5, body: 'other' })).id);

    expect(app.finished.countOf(full.id)).toBe(0);
    expect((await app.tus.find(full.id))?.state).toBe('receiving');
    expect(await offsetOf(app, full)).toBe(START);
    await complete(full, START);
  });
});

function checksumOf(bytes: Uint8Array): string {
  return `sha1 ${createHash('sha1').update(bytes).digest('base64')}`;
}
